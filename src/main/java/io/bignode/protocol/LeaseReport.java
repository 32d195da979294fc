package io.bignode.protocol;

import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/** What became of a lease. */
public sealed interface LeaseReport extends WorkerMessage {
    /** The lease's id. */
    String leaseId();

    /** Whether the lease ended by it. */
    default boolean ends() {
        return switch (this) {
            case Started _, Waiting _ -> false;
            case Done _, Failed _, Returned _ -> true;
        };
    }

    /** The same of the lease of another id. */
    default LeaseReport of(String id) {
        return switch (this) {
            case Started(_, int batch) -> new Started(id, batch);
            case Waiting _ -> new Waiting(id);
            case Done done -> new Done(id, done.found(), done.computed(), done.deviceNanos(), done.uncomputed());
            case Failed(_, String reason) -> new Failed(id, reason);
            case Returned _ -> new Returned(id);
        };
    }

    /**
     * The device has the model ready and computes; the lease goes on.
     *
     * @param batch the most nonces of this kind of work the device computes in one go, at least 1
     */
    record Started(String leaseId, int batch) implements LeaseReport {
        /** Refuses a batch below one. */
        public Started {
            if (batch < 1) throw new IllegalArgumentException("batch " + batch);
        }
    }

    /**
     * The lease ends with a result.
     *
     * @param found       the nonces that count, of those computed
     * @param computed    how many of the lease's nonces were computed, from the first on: all, or fewer where it was cancelled half-way
     * @param deviceNanos how long the device was busy with them
     * @param uncomputed  the nonces among those computed that came to nothing on this device, so that another one should try them
     */
    record Done(String leaseId, List<Found> found, int computed, long deviceNanos, List<Long> uncomputed) implements LeaseReport {
        /** A result in which every nonce came to something. */
        public Done(String leaseId, List<Found> found, int computed, long deviceNanos) {
            this(leaseId, found, computed, deviceNanos, List.of());
        }

        /** Copies the lists; refuses a negative count or time. */
        public Done {
            found = List.copyOf(found);
            uncomputed = List.copyOf(uncomputed);
            if (computed < 0 || deviceNanos < 0) throw new IllegalArgumentException(computed + " computed in " + deviceNanos + " ns");
        }

        /** Whether it speaks of this lease's nonces alone, of those it computed, and of each once. */
        public boolean isOf(Lease lease) {
            if (computed > lease.range().count()) return false;
            Set<Long> seen = new HashSet<>();
            return found.stream().allMatch(result -> isOf(lease, result.nonce(), seen)) && uncomputed.stream().allMatch(nonce -> isOf(lease, nonce, seen));
        }

        private boolean isOf(Lease lease, long nonce, Set<Long> seen) {
            OptionalLong index = lease.nonces().index(nonce);
            if (index.isEmpty() || !seen.add(nonce)) return false;
            long place = index.getAsLong() - lease.range().first();
            return place >= 0 && place < computed;
        }
    }

    /**
     * The lease ends because the device could not do it.
     *
     * @param reason what went wrong, fit for the small node's eyes
     */
    record Failed(String leaseId, String reason) implements LeaseReport {}

    /** The lease waits at its device for the work of another head, so that it takes longer than it would; it goes on. */
    record Waiting(String leaseId) implements LeaseReport {}

    /** The lease ends with nothing done and nothing wrong. */
    record Returned(String leaseId) implements LeaseReport {}
}
