package io.bignode.planted.cli;

import io.helidon.webserver.WebServer;

/** Breaks the rule that Helidon is used in http only. */
public record BreaksByServingHttp(WebServer server) {}
