package io.bignode.poc;

import java.lang.foreign.MemorySegment;

/**
 * The float16 normals every weight tensor is cut from, off-heap.
 *
 * @param blockHash the block whose hash seeds them
 * @param values    float16 values, little-endian, {@code 2 * size} bytes
 * @param size      number of values
 */
public record WeightPool(String blockHash, MemorySegment values, long size) {}
