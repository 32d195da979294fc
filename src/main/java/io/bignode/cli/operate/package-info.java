/**
 * The commands with which an operator watches and changes a running head: status, sessions, devices, workers, drain, admit; and those for its tenants and its
 * backup. Also how a command finds the head and why none answered.
 *
 * <p>Invariants: a token goes only to the head that was named or is this host's own; what a server answers is read up to a size, and moves no cursor when it
 * is shown.
 */
@NullMarked
package io.bignode.cli.operate;

import org.jspecify.annotations.NullMarked;
