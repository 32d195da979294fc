package io.bignode.planted.lease;

import io.bignode.planted.broker.Keeps;

/** Breaks the rule of its package. */
record BreaksByImportingTheBroker(Keeps broker) {}
