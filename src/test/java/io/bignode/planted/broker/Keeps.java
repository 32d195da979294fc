package io.bignode.planted.broker;

import io.bignode.planted.lease.Leased;

/** Keeps the rules: carries a message. */
public record Keeps(Leased leased) {}
