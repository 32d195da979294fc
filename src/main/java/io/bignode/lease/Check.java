package io.bignode.lease;

import io.bignode.session.Found;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A result that another device computes again. Guarded by {@link Leases}' lock. */
final class Check {
    final Source source;
    final Unverified subject;

    /** Agreement vouches for the source's results up to this one. */
    final long upTo;

    /** The most nonces worth computing again. */
    final int size;

    final long chosenNanos;

    /** Whose devices may not compute it: the source itself, who checked before, and who failed to. */
    final Set<Source> excluded = new HashSet<>();

    /** The first checker's answer, where it differs and is not final: somebody else decides. */
    Optional<Opinion> first = Optional.empty();

    /** Whether a device has it at the moment. */
    boolean issued;

    int failures;

    /**
     * What a checker said.
     *
     * @param source    who
     * @param lease     what it computed
     * @param found     what it found
     * @param deviation how that differs from what was reported
     */
    record Opinion(Source source, Lease lease, List<Found> found, String deviation) {}

    Check(Source source, Unverified subject, long upTo, int size, long chosenNanos) {
        this.source = source;
        this.subject = subject;
        this.upTo = upTo;
        this.size = size;
        this.chosenNanos = chosenNanos;
        excluded.add(source);
    }

    /** What was reported of the nonces that a lease of this check covers. */
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
