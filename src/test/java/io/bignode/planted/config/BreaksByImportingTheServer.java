package io.bignode.planted.config;

import io.bignode.planted.http.Server;

/** Breaks the rule of its package. */
record BreaksByImportingTheServer(Server server) {}
