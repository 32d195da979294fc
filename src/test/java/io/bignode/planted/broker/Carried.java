package io.bignode.planted.broker;

/** What other packages may not import. */
public final class Carried {}
