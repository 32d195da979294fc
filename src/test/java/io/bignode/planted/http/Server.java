package io.bignode.planted.http;

/** What only the command line and Main may start. */
public final class Server {}
