package io.bignode.session;

import io.bignode.protocol.Found;
import io.bignode.protocol.NonceRange;
import io.bignode.protocol.Provenance;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A device's hands, moved by the test: takes ranges of sessions and lands them. */
public final class Hands {
    private record Key(String sessionId, NonceRange range) {}

    private final Sessions sessions;
    private final Map<Key, String> leases = new HashMap<>();

    /** Holds nothing. */
    public Hands(Sessions sessions) {
        this.sessions = sessions;
    }

    /** Takes a range, if the session gives one. */
    public synchronized Optional<NonceRange> take(Session session, int max) {
        Optional<LeasedRange> flight = session.take("cpu", max);
        flight.ifPresent(one -> leases.put(new Key(session.id(), one.range()), one.leaseId()));
        return flight.map(LeasedRange::range);
    }

    /** Lands a range that was taken. */
    public void land(Session session, NonceRange range, int computed, List<Found> found) {
        sessions.land(List.of(new LeaseResult(lease(session, range), computed, found, computed * 1000L, Provenance.of("cpu"), false)));
    }

    private synchronized String lease(Session session, NonceRange range) {
        String lease = leases.remove(new Key(session.id(), range));
        if (lease == null) throw new AssertionError(range + " was not taken");
        return lease;
    }
}
