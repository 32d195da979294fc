/**
 * The streams everything is drawn from, bit for bit as NumPy's {@code default_rng} gives them. A seed text comes in; raw PCG64 outputs,
 * standard normals and permutations go out. Invariant: a value depends on the seed and its place in the stream alone, never on the number of
 * threads or the size of the pieces it was drawn in.
 */
@NullMarked
package io.bignode.random;

import org.jspecify.annotations.NullMarked;
