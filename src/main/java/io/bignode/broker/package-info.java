/**
 * The connection between the head and its workers by Artemis, the same for the head's own devices and for other hosts.
 *
 * <p>Requests and reports go from workers to the head, leases and cancellations back. Both sides see an interface of their own. A worker has
 * one {@linkplain io.bignode.broker.Link link} at a time and opens another when it fails; its queues of leases live and die with it, as a
 * lease is kept by the head's store and not by the broker.
 *
 * <p>Invariant: messages that a device sends over one link arrive in the order they were sent, except that a result may overtake a request; a
 * result is kept by its worker until the broker's journal has it, and by the journal until the head acknowledged it.
 */
@NullMarked
package io.bignode.broker;

import org.jspecify.annotations.NullMarked;
