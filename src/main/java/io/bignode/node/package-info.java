/**
 * How a head and a worker host are put together: the wiring, what is taken and checked before it (port, folders, store, devices), the settings that are read
 * again while it runs, the bridge to metrics and to the dashboard, and how a process ends.
 *
 * <p>In come settings; out goes a running node, or a {@link io.bignode.node.CommandException} that names what is wrong and the fix, with the
 * {@link io.bignode.node.ExitCode} that tells it.
 *
 * <p>Invariants: nothing here knows the command line; a node that is told to stop, also while it starts, closes all it holds, its store
 * last; a node whose head thread or store has died ends its process.
 */
@NullMarked
package io.bignode.node;

import org.jspecify.annotations.NullMarked;
