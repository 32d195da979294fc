package io.bignode.planted.log;

import io.bignode.planted.lease.Leased;

/** Breaks the rule of its package. */
record BreaksByImportingALease(Leased leased) {}
