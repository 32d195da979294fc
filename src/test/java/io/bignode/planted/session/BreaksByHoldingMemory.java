package io.bignode.planted.session;

import java.lang.foreign.Arena;

/** Breaks the rule that memory off the heap belongs to poc and the engines. */
record BreaksByHoldingMemory(Arena arena) {}
