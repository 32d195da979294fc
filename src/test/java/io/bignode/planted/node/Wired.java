package io.bignode.planted.node;

import io.bignode.planted.http.Server;

/** Keeps every rule: a node may import everything but the command line. */
public record Wired(Server server) {}
