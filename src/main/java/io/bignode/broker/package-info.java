/**
 * The seam between the head and its workers.
 *
 * <p>Requests and reports go from workers to the head, leases and cancellations back. Both sides see an interface of their own, so that
 * what carries the messages can be exchanged: today queues in memory, for workers in the head's own process.
 *
 * <p>Invariant: messages of one device arrive in the order they were sent, each once; a lease reaches one slot of the device it was issued
 * to.
 */
@NullMarked
package io.bignode.broker;

import org.jspecify.annotations.NullMarked;
