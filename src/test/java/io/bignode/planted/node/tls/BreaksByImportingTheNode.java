package io.bignode.planted.node.tls;

import io.bignode.planted.node.Wired;

/** Breaks the rule of its package: certificates and keys know nothing of the node that uses them. */
record BreaksByImportingTheNode(Wired node) {}
