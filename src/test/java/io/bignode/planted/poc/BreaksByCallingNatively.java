package io.bignode.planted.poc;

import java.lang.foreign.Linker;

/** Breaks the rule that only the engines call natively. */
record BreaksByCallingNatively(Linker linker) {}
