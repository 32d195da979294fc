package io.bignode.planted.lease;

/** No message. */
public final class Issuer {}
