package io.bignode.engine.cuda;

/** Where our own kernel computes the first half of the feed-forward layer, on the GPUs that have its instructions. */
public enum OwnFfn {
    /** Wherever it can. */
    ALWAYS,
    /** Where it was measured to be faster than the library's products. */
    WHERE_FASTER,
    /** Nowhere. */
    NEVER
}
