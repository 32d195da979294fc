package io.bignode.planted.session.store;

/** A store that could be opened. */
public final class Opened {}
