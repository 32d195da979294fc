package io.bignode.planted.proof.transformer;

import io.bignode.planted.proof.vllm.BreaksByImportingALease;

/** Breaks the rule of the backends. */
record BreaksByImportingBackends(BreaksByImportingALease breaksByImportingALease) {}
