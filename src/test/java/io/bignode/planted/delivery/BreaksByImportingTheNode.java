package io.bignode.planted.delivery;

import io.bignode.planted.node.Wired;

/** Breaks the rule of its package, and that of the node. */
record BreaksByImportingTheNode(Wired node) {}
