package io.bignode.planted.agent;

import io.bignode.planted.lease.Issuer;

/** Breaks the rule of its package. */
public record BreaksByImportingALease(Issuer issuer) {}
