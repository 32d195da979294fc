package io.bignode.engine;

/**
 * A device that computes nonces.
 *
 * @param id          stable name within the host: {@code cpu} or {@code cuda:0}
 * @param name        what the maker calls it
 * @param memoryBytes memory the engine may use
 * @param maxBatch    the most nonces it takes in one go, of the smallest models
 */
public record Device(String id, String name, long memoryBytes, int maxBatch) {}
