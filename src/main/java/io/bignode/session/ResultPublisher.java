package io.bignode.session;

import io.bignode.protocol.Found;
import io.bignode.protocol.Provenance;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Ends leases: has their results written to the store, and makes them visible once they are durable. Thread safe. */
final class ResultPublisher {
    private final SessionContext around;

    /**
     * Held while results go to the store and become visible, so that batches become visible in the order of their numbers. It is the outermost lock and is
     * held while the disk is waited for: results that come meanwhile go into the next transaction, all together.
     */
    private final ReentrantLock landing = new ReentrantLock();

    ResultPublisher(SessionContext around) {
        this.around = around;
    }

    /** Ends leases with their results, as {@link Sessions#land}. */
    void land(List<LeaseResult> landings) {
        settle(landings, LeaseResult::leaseId, SessionResults::land);
    }

    /** Makes held results visible, as {@link Sessions#release}. */
    void release(List<String> leaseIds) {
        settle(leaseIds, id -> id, SessionResults::release);
    }

    /** Drops held results, as {@link Sessions#discard}. */
    void discard(List<String> leaseIds) {
        settle(leaseIds, id -> id, SessionResults::giveBack);
    }

    /** Takes what another node found, as {@link Sessions#receive}; false where nothing was done. */
    boolean receive(Session session, List<Found> found, Relay how, Provenance from) {
        landing.lock();
        try {
            SessionResults.Landed landed = session.results().receive(found, how, from);
            if (!landed.written().awaitKept()) return false;
            landed.publish().run();
            return true;
        } finally {
            landing.unlock();
        }
    }

    /** Ends a lease without a result and without waiting for the disk: nothing becomes visible. */
    void giveBack(String leaseId) {
        Session session = around.flying.get(leaseId);
        if (session != null) session.results().giveBack(leaseId).ifPresent(landed -> landed.publish().run());
    }

    private <T> void settle(List<T> all, Function<T, String> leaseId, BiFunction<SessionResults, T, Optional<SessionResults.Landed>> end) {
        landing.lock();
        try {
            List<SessionResults.Landed> landed = new ArrayList<>();
            for (T result : all) {
                Session session = around.flying.get(leaseId.apply(result));
                if (session != null) end.apply(session.results(), result).ifPresent(landed::add);
            }
            if (landed.isEmpty()) return;
            // Changes become durable in order, so that the last ones being durable means that all are.
            if (landed.getLast().written().awaitKept()) landed.forEach(arrived -> arrived.publish().run());
        } finally {
            landing.unlock();
        }
    }
}
