package io.bignode.protocol;

/**
 * The block an order is for. History is kept by it.
 *
 * @param blockHeight the block's height
 * @param blockHash   the block's hash
 */
public record Epoch(long blockHeight, String blockHash) {}
