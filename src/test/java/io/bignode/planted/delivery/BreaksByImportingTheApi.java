package io.bignode.planted.delivery;

import io.bignode.planted.api.BreaksByImportingALease;

/** Breaks the rule of its package, and that of the API. */
record BreaksByImportingTheApi(BreaksByImportingALease api) {}
