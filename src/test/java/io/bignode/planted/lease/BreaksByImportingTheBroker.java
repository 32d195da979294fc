package io.bignode.planted.lease;

import io.bignode.planted.broker.Carried;

/** Breaks the rule of its package. */
record BreaksByImportingTheBroker(Carried broker) {}
