package io.bignode.planted.poc;

import org.apache.activemq.artemis.api.core.RoutingType;

/** Breaks the rule of Artemis. */
record BreaksByUsingArtemis(RoutingType routing) {}
