package io.bignode.planted.lease;

/** What other packages may not import. */
public final class Issuer {}
