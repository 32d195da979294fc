package io.bignode.planted.http;

/** What only a node, the command line and Main may start. */
public final class Server {}
