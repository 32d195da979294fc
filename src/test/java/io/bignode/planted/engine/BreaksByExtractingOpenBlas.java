package io.bignode.planted.engine;

import org.bytedeco.javacpp.Loader;

/** Breaks the rule that only engine.cpu knows OpenBLAS. */
record BreaksByExtractingOpenBlas(Loader loader) {}
