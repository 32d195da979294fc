package io.bignode.lease;

import io.bignode.session.Alarms;
import io.bignode.session.Found;
import io.bignode.session.NonceRange;
import io.bignode.session.Session;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * Trust, but verify: results of remote workers wait until another device computed a share of them again. What is checked is chosen after it
 * came in, so that a worker cannot know. Agreement vouches for all that came in before the choice; deviation for nothing since the last
 * agreement. Not thread safe.
 */
final class Verification {
    /** Results do not wait longer than this without a check under way. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** A check that no device takes for so long is given up, where none could. */
    private static final Duration NOBODY = Duration.ofSeconds(10);

    private static final int FAILURES = 3;
    private static final String UNVERIFIED = "unverified";

    /** What is known of one remote worker. */
    private static final class Standing {
        final Deque<Unverified> waiting = new ArrayDeque<>();
        Optional<Check> check = Optional.empty();
        boolean proven;
        long numbered;
    }

    /** What a check came to. */
    sealed interface Verdict {
        /** These results, in this order, are good. */
        record Release(List<String> leaseIds) implements Verdict {}

        /** This worker is not to be trusted. */
        record Guilty(String worker, String why) implements Verdict {}
    }

    private final Policies policies;
    private final Alarms alarms;
    private final RandomGenerator random;
    private final Map<String, Standing> standings = new HashMap<>();

    Verification(Policies policies, Alarms alarms, RandomGenerator random) {
        this.policies = policies;
        this.alarms = alarms;
        this.random = random;
    }

    /** Whether a worker's results are held until they are verified. */
    boolean holds(String worker) {
        return policies.verifyShare() > 0 && !worker.equals(DeviceName.LOCAL);
    }

    /** A worker's result landed and is held. */
    void landed(String worker, String leaseId, Session session, NonceRange computed, List<Found> found, long now) {
        Standing standing = standings.computeIfAbsent(worker, _ -> new Standing());
        Unverified result = new Unverified(leaseId, session, computed, found, ++standing.numbered, now);
        standing.waiting.add(result);
        if (standing.check.isPresent()) return;
        if (!standing.proven || random.nextDouble() < policies.verifyShare()) {
            standing.check = Optional.of(new Check(worker, result, result.number(), computed.count(), now));
        }
    }

    /** A check that this device may take, if there is one; it is then issued. */
    Optional<Check> take(String worker, Predicate<Check> fits) {
        for (Standing standing : standings.values()) {
            Optional<Check> check = standing.check.filter(one -> !one.issued && !one.excluded.contains(worker) && fits.test(one));
            if (check.isEmpty()) continue;
            check.get().issued = true;
            return check;
        }
        return Optional.empty();
    }

    /**
     * Which nonces to compute again: around one that was said to count, as nearly all others would agree with whatever was said; the rest of the
     * sample tells whether some were left out.
     */
    NonceRange sample(Check check, int most) {
        NonceRange all = check.subject.computed();
        if (check.first.isPresent()) return check.first.get().lease().range();
        int count = Math.max(1, Math.min(most, Math.min(check.size, all.count())));
        int slack = all.count() - count;
        List<Found> found = check.subject.found();
        int start = random.nextInt(slack + 1);
        if (!found.isEmpty()) {
            Found one = found.get(random.nextInt(found.size()));
            long place = check.subject.session().order().nonces().index(one.nonce()).orElse(all.first()) - all.first();
            start = (int) Math.clamp(place - random.nextInt(count), 0, slack);
        }
        return new NonceRange(all.first() + start, count);
    }

    /** A check's lease ended without a result: another device may take it. */
    List<Verdict> returned(Check check, boolean failed) {
        check.issued = false;
        if (failed) check.failures++;
        return check.failures < FAILURES ? List.of() : unverifiable(check, "its check failed " + check.failures + " times");
    }

    /** A check's lease was computed. */
    List<Verdict> done(Check check, String checker, Lease lease, int computed, List<Found> found) {
        if (!isPending(check)) return List.of();
        check.issued = false;
        if (computed < 1) return List.of();
        Optional<String> deviation = policies.proofs().deviation(lease.work(), check.reportedOf(lease, computed), found);
        if (check.first.isPresent()) return List.copyOf(decide(check, check.first.get(), lease, computed, found, deviation));
        if (deviation.isEmpty()) return release(check);
        if (checker.equals(DeviceName.LOCAL)) return List.of(new Verdict.Guilty(check.worker, deviation.get()));
        // One of two remote workers is wrong, and it may be the checker: a third decides.
        check.first = Optional.of(new Check.Opinion(checker, lease, found, deviation.get()));
        check.excluded.add(checker);
        return List.of();
    }

    private List<Verdict> decide(Check check, Check.Opinion first, Lease lease, int computed, List<Found> found, Optional<String> deviation) {
        Optional<String> fromFirst = policies.proofs().deviation(lease.work(), Check.within(lease, computed, first.found()), found);
        List<Verdict> verdicts = new ArrayList<>();
        if (fromFirst.isPresent()) verdicts.add(new Verdict.Guilty(first.worker(), fromFirst.get()));
        if (deviation.isPresent()) verdicts.add(new Verdict.Guilty(check.worker, deviation.get()));
        else verdicts.addAll(release(check));
        return verdicts;
    }

    private boolean isPending(Check check) {
        Standing standing = standings.get(check.worker);
        return standing != null && standing.check.filter(one -> one == check).isPresent();
    }

    private List<Verdict> release(Check check) {
        Standing standing = standings.get(check.worker);
        if (standing == null) return List.of();
        standing.check = Optional.empty();
        standing.proven = true;
        List<String> released = new ArrayList<>();
        while (!standing.waiting.isEmpty() && standing.waiting.getFirst().number() <= check.upTo) released.add(standing.waiting.remove().leaseId());
        return List.of(new Verdict.Release(released));
    }

    /**
     * Forces checks of what waits long, and gives up those that nobody can do.
     *
     * @param candidate whether a device that may take this check is connected
     */
    List<Verdict> tick(long now, Predicate<Check> candidate) {
        List<Verdict> verdicts = new ArrayList<>();
        standings.forEach((worker, standing) -> {
            if (standing.check.isEmpty()) {
                Unverified oldest = standing.waiting.peek();
                if (oldest != null && now - oldest.landedNanos() >= PATIENCE.toNanos()) standing.check = Optional.of(choose(worker, standing, now));
                return;
            }
            Check check = standing.check.get();
            boolean forlorn = !check.issued && now - check.chosenNanos >= NOBODY.toNanos() && !candidate.test(check);
            if (forlorn) verdicts.addAll(unverifiable(check, "no other worker is connected that could check it"));
        });
        return verdicts;
    }

    private Check choose(String worker, Standing standing, long now) {
        // The newest vouches for all before it: one that began to forge since the last check is caught by this one.
        Unverified newest = standing.waiting.getLast();
        long nonces = standing.waiting.stream().mapToLong(one -> one.computed().count()).sum();
        int size = (int) Math.ceil(policies.verifyShare() * nonces);
        return new Check(worker, newest, newest.number(), Math.max(1, size), now);
    }

    /** Nobody can tell: two who differ are both kept out; one that nobody can check is believed, loudly. */
    private List<Verdict> unverifiable(Check check, String why) {
        if (check.first.isPresent()) {
            String differ = "differs from another worker, and nobody could decide who is wrong: " + check.first.get().deviation();
            return List.of(new Verdict.Guilty(check.worker, differ), new Verdict.Guilty(check.first.get().worker(), differ));
        }
        alarms.raise(UNVERIFIED, "results of worker " + check.worker + " are released without verification: " + why,
                "connect a second worker, or give the head a device that can hold the model; DELEGATION_VERIFY_SHARE=0 turns verification off");
        List<Verdict> released = release(check);
        Standing standing = standings.get(check.worker);
        if (standing != null) standing.proven = false;
        return released;
    }

    /** Forgets a worker that was found guilty. Returns the leases whose results are to be dropped. */
    List<String> condemned(String worker) {
        Standing standing = standings.remove(worker);
        return standing == null ? List.of() : standing.waiting.stream().map(Unverified::leaseId).toList();
    }
}
