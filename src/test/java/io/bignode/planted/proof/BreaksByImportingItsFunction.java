package io.bignode.planted.proof;

import io.bignode.planted.proof.transformer.BreaksByImportingALease;

/** Breaks the rule of its package, and that of the transformer. */
record BreaksByImportingItsFunction(BreaksByImportingALease breaksByImportingALease) {}
