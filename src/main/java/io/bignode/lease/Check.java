package io.bignode.lease;

import io.bignode.session.Found;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A result of a remote worker that another device computes again. Guarded by {@link Leases}' lock. */
final class Check {
    final String worker;
    final Unverified subject;

    /** Agreement vouches for the worker's results up to this one. */
    final long upTo;

    /** The most nonces worth computing again. */
    final int size;

    final long chosenNanos;

    /** Whose devices may not compute it: the worker itself, and who checked before. */
    final Set<String> excluded = new HashSet<>();

    /** The first checker's answer, where that was a remote worker too and they differ: somebody else decides. */
    Optional<Opinion> first = Optional.empty();

    /** Whether a device has it at the moment. */
    boolean issued;

    int failures;

    /**
     * What a remote checker said.
     *
     * @param worker    who
     * @param lease     what it computed
     * @param found     what it found
     * @param deviation how that differs from what was reported
     */
    record Opinion(String worker, Lease lease, List<Found> found, String deviation) {}

    Check(String worker, Unverified subject, long upTo, int size, long chosenNanos) {
        this.worker = worker;
        this.subject = subject;
        this.upTo = upTo;
        this.size = size;
        this.chosenNanos = chosenNanos;
        excluded.add(worker);
    }

    /** What the worker reported of the nonces that a lease of this check covers. */
    List<Found> reportedOf(Lease lease, int computed) {
        return within(lease, computed, subject.found());
    }

    static List<Found> within(Lease lease, int computed, List<Found> found) {
        return found.stream()
                .filter(one -> {
                    long place = lease.nonces().index(one.nonce()).orElse(Long.MIN_VALUE) - lease.range().first();
                    return place >= 0 && place < computed;
                })
                .toList();
    }
}
