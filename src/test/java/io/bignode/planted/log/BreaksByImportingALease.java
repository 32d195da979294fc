package io.bignode.planted.log;

import io.bignode.planted.lease.Issuer;

/** Breaks the rule of its package. */
record BreaksByImportingALease(Issuer issuer) {}
