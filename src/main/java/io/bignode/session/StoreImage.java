package io.bignode.session;

import io.bignode.protocol.NonceSequence;
import java.time.Instant;
import java.util.List;
import java.util.NavigableMap;

/**
 * All that a store holds but the found nonces, from which a head's memory is restored.
 *
 * @param lineages the orders
 * @param sessions their sessions, in the order of their start
 * @param flights  the leases in flight
 * @param held     results that wait to be released; their leases are among the flights
 */
public record StoreImage(List<Lineage> lineages, List<Stored> sessions, List<LeasedRange> flights, List<LeaseResult> held) {
    /**
     * The nonces of one order.
     *
     * @param next the lowest index that was never taken
     * @param gaps the ranges below it that are free, from first to end
     * @param tried the free indices that came to nothing on a device, and on which
     */
    public record Lineage(
            long id, String tenant, String key, NonceSequence nonces, long next, NavigableMap<Long, Long> gaps, NavigableMap<Long, String> tried) {}

    /** A session. */
    public record Stored(String id, long lineage, Order order, Instant createdAt, SessionProgress progress) {}

    /** Copies the lists. */
    public StoreImage {
        lineages = List.copyOf(lineages);
        sessions = List.copyOf(sessions);
        flights = List.copyOf(flights);
        held = List.copyOf(held);
    }
}
