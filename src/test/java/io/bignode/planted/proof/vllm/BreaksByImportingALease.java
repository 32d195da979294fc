package io.bignode.planted.proof.vllm;

import io.bignode.planted.lease.Issuer;

/** Breaks the rule of its package. */
public record BreaksByImportingALease(Issuer issuer) {}
