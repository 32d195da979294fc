package io.bignode.planted.delivery;

import io.bignode.planted.poc.Pool;

/** Breaks the rule of its package. */
record BreaksByImportingThePool(Pool pool) {}
