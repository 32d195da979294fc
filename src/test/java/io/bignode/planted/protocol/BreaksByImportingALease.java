package io.bignode.planted.protocol;

import io.bignode.planted.lease.Issuer;

/** Breaks the rule of its package. */
record BreaksByImportingALease(Issuer lease) {}
