package io.bignode.planted.worker;

import io.bignode.planted.lease.Issuer;

/** Breaks the rule of its package. */
record BreaksByImportingTheIssuer(Issuer issuer) {}
