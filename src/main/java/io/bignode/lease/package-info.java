/**
 * Shares the devices among the sessions.
 *
 * <p>In come devices' requests and reports and the sessions; out go leases (a range of a session's nonces, about a second of the asking
 * device's work) and cancellations, through whatever carries them.
 *
 * <p>Invariant: a nonce is in one lease at a time. A lease ends once, by the first report that ends it; what it found is stored before its
 * range is given up, and later reports about it are ignored.
 */
@NullMarked
package io.bignode.lease;

import org.jspecify.annotations.NullMarked;
