package io.bignode.session;

import io.bignode.protocol.Epoch;
import io.bignode.protocol.Found;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.Provenance;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** One thing that happened to a session or to its order, as the store keeps it. */
public sealed interface Change {
    /** An order was met for the first time; its consecutive sessions share its nonces. */
    record LineageBegun(long lineage, String tenant, String key, NonceSequence nonces) implements Change {}

    /** The nonce indices from {@code next} on were never taken. */
    record LineageAdvanced(long lineage, long next) implements Change {}

    /** The indices {@code [first, end)} were given back; takes the place of what was said of the gap that begins at {@code first}. */
    record GapOpened(long lineage, long first, long end) implements Change {}

    /** There is no gap that begins at {@code first} any more. */
    record GapClosed(long lineage, long first) implements Change {}

    /** A nonce came to nothing on a device, and waits for another one. */
    record NonceTried(long lineage, long index, String deviceId) implements Change {}

    /** A nonce that waited for another device waits no longer. */
    record NonceSettled(long lineage, long index) implements Change {}

    /** The last session of an order was purged. */
    record LineageForgotten(long lineage) implements Change {}

    /** A session started. Its place and all else that moves is told by {@link SessionMoved}. */
    record SessionStarted(String sessionId, long lineage, Order order, Instant createdAt) implements Change {}

    /** A running session's order has another address to push to, or other terms. */
    record SessionAmended(String sessionId, Optional<URI> callback, Terms terms) implements Change {}

    /** How far a session got; takes the place of what was said before. */
    record SessionMoved(String sessionId, SessionProgress progress) implements Change {}

    /** A session and all its batches, so many, are to go. */
    record SessionPurged(String sessionId, long batches) implements Change {}

    /** A lease was issued. */
    record Leased(LeasedRange flight) implements Change {}

    /** A lease ended, with a result or without. */
    record LeaseEnded(String leaseId) implements Change {}

    /** A lease's result came and waits to be released. */
    record ResultHeld(LeaseResult landing) implements Change {}

    /** A lease's result waits no longer. */
    record HoldEnded(String leaseId) implements Change {}

    /** A batch was found: number {@code number} of its session. */
    record BatchFound(String sessionId, long number, List<Found> found, Provenance provenance) implements Change {
        /** Copies the list; refuses an empty batch and a number below one. */
        public BatchFound {
            found = List.copyOf(found);
            if (number < 1 || found.isEmpty()) throw new IllegalArgumentException("batch " + number + " of " + found.size());
        }
    }

    /** A device worked; added up by epoch, tenant and device, and kept when its session is purged. */
    record Worked(Epoch epoch, String tenant, String deviceId, long computed, long found, long deviceNanos) implements Change {}
}
