package io.bignode.planted.worker;

import picocli.CommandLine.Command;

/** Breaks the rule that only the command line and Main parse arguments. */
@Command
record BreaksByParsingArguments() {}
