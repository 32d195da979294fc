/**
 * Who asked for what until when, what was found, what was delivered.
 *
 * <p>In come orders of small nodes and what devices found; out go nonce ranges to compute and found nonces to hand out. An order is a
 * sequence of nonces and an opaque piece of work: nothing here knows a model.
 *
 * <p>Invariant: below the highest nonce index ever taken of an order, every index is computed, in flight or returned, and exactly one of
 * these, whatever sessions of that order start and end, and whenever the head is killed. What was found is durable before it is visible,
 * and stays readable until its session is purged.
 *
 * <p>The truth is in the {@link io.bignode.session.SessionStore}: sessions write every change there while they hold the lock under which
 * it happened, so that the store sees the changes in their order. Only {@code session.store} knows how it keeps them.
 *
 * <p>Locks are taken in the order ResultPublisher, Sessions, Session, NonceLedger, store; the turn of a {@link io.bignode.session.SessionDelivery} comes
 * before its Session. Listeners run with none of them held.
 */
@NullMarked
package io.bignode.session;

import org.jspecify.annotations.NullMarked;
