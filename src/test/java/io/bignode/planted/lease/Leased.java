package io.bignode.planted.lease;

/** A message: others may import it who may not import the issuer. */
public record Leased(long first) {}
