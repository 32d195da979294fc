package io.bignode.planted.cli;

import io.bignode.planted.http.Server;
import picocli.CommandLine.Command;

/** Keeps every rule: the command line may import everything. */
@Command
record Serve(Server server) {}
