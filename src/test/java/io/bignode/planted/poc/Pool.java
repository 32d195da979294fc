package io.bignode.planted.poc;

import java.lang.foreign.MemorySegment;

/** Keeps every rule: memory may be used here. */
public record Pool(MemorySegment memory) {}
