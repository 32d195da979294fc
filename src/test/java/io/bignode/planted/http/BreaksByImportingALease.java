package io.bignode.planted.http;

import io.bignode.planted.lease.Leased;

/** Breaks the rule of its package. */
record BreaksByImportingALease(Leased leased) {}
