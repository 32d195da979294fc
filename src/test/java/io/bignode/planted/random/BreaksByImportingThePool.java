package io.bignode.planted.random;

import io.bignode.planted.poc.Pool;

/** Breaks the rule of its package. */
record BreaksByImportingThePool(Pool pool) {}
