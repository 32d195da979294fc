package io.bignode.lease;

/**
 * A worker's connection ended: none of its devices will finish the leases it has.
 *
 * @param worker its name
 */
public record WorkerGone(String worker) implements WorkerMessage {}
