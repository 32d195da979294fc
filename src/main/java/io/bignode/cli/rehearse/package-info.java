/**
 * {@code bignode rehearse}: plays a stage of the second proof function against an ML node, as the network's node drives it, and tells whether it would count.
 * An address comes in; calls go out, callbacks come back, and a report says yes or no, with the fix for each fault.
 *
 * <p>Invariant: the block and the keys of a rehearsal are named as such, its sessions are stopped at its end, and no token is shown.
 */
@NullMarked
package io.bignode.cli.rehearse;

import org.jspecify.annotations.NullMarked;
