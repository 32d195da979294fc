package io.bignode.planted.cli;

import org.eclipse.jetty.server.Server;

/** Breaks the rule that Jetty is used in http only. */
public record BreaksByServingHttp(Server server) {}
