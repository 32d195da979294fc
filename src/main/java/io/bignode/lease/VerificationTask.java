package io.bignode.lease;

import io.bignode.lease.Verification.Unverified;
import io.bignode.proof.ProofRules;
import io.bignode.protocol.Found;
import io.bignode.protocol.Lease;
import io.bignode.protocol.NonceRange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** A result that another device computes again. Guarded by {@link Leases}' lock. */
final class VerificationTask {
    final Source source;
    final Unverified subject;

    /** The most nonces worth computing again. */
    final int size;

    final long chosenNanos;

    /** The sources whose devices may not compute it: the checked one, those that checked before, and those that failed to. */
    final Set<Source> excluded = new HashSet<>();

    /** The answers of checkers that differ from what was reported and from each other, in the order they came; another source decides. */
    final List<Opinion> opinions = new ArrayList<>();

    /** Whether a device has it at the moment. */
    boolean issued;

    /** The source whose device holds it or held it last, and since when. */
    private Optional<Source> issuedTo = Optional.empty();

    private long issuedNanos;

    int failures;

    /** The nonces to compute again, once they were drawn: every checker computes the same ones, so that answers can be compared. */
    Optional<NonceRange> sample = Optional.empty();

    /**
     * The answer of a checker.
     *
     * @param source    the checker
     * @param lease     what it computed, and no more
     * @param found     what it found
     * @param deviation how that differs from the report
     */
    record Opinion(Source source, Lease lease, List<Found> found, String deviation) {
        /** The nonces that another computed too; empty where there are none. */
        private Optional<Lease> shared(Lease other) {
            long first = Math.max(lease.range().first(), other.range().first());
            long end = Math.min(lease.range().end(), other.range().end());
            return first < end ? Optional.of(other.part(new NonceRange(first, (int) (end - first)))) : Optional.empty();
        }

        /** How this differs from another's answer, as far as both computed the same nonces. */
        Optional<String> deviationFrom(Opinion other, ProofRules proofs) {
            return shared(other.lease).flatMap(both -> proofs.deviation(both.work(), within(both, found), within(both, other.found)));
        }
    }

    VerificationTask(Source source, Unverified subject, int size, long chosenNanos) {
        this.source = source;
        this.subject = subject;
        this.size = size;
        this.chosenNanos = chosenNanos;
        excluded.add(source);
    }

    /** A device has it from now on. */
    void issue(Source to, long now) {
        issued = true;
        issuedTo = Optional.of(to);
        issuedNanos = now;
    }

    /**
     * Lets other devices take the check too when the one that holds it is slow, if there are others; the slow answer still counts, should it come first. True
     * when no device holds it alone any more.
     *
     * @param timeouts how long it has
     * @param somebody whether a device that may take this is there
     */
    boolean sharedIfSlow(long now, Duration timeouts, Predicate<VerificationTask> somebody) {
        if (!issued || issuedTo.isEmpty() || now - issuedNanos < timeouts.toNanos() || !excluded.add(issuedTo.get())) return false;
        if (somebody.test(this)) issued = false;
        else excluded.remove(issuedTo.get());
        return !issued;
    }

    /** Whether checkers differ from what was reported, and it is not decided who is right. */
    boolean isDisputed() {
        return !opinions.isEmpty();
    }

    /** The sources whose answers differ: the checked one and its checkers. */
    Set<Source> parties() {
        Set<Source> parties = new HashSet<>(Set.of(source));
        opinions.forEach(opinion -> parties.add(opinion.source()));
        return parties;
    }

    /** What was reported of the nonces of a lease. */
    List<Found> reportedOf(Lease lease) {
        return within(lease, subject.found());
    }

    private static List<Found> within(Lease lease, List<Found> found) {
        return found.stream()
                .filter(result -> {
                    long place = lease.nonces().index(result.nonce()).orElse(Long.MIN_VALUE) - lease.range().first();
                    return place >= 0 && place < lease.range().count();
                })
                .toList();
    }
}
