package io.bignode.protocol;

/**
 * A worker sent what no sound worker sends.
 *
 * @param worker its name
 * @param reason what was wrong with it
 */
public record WorkerFault(String worker, String reason) implements WorkerMessage {}
