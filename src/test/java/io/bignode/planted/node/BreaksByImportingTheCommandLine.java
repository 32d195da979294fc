package io.bignode.planted.node;

import io.bignode.planted.cli.BreaksByServingHttp;

/** Breaks the rule of its package and that of the command line. */
record BreaksByImportingTheCommandLine(BreaksByServingHttp command) {}
