package io.bignode.lease;

import io.bignode.monitor.Alarms;
import io.bignode.protocol.Found;
import io.bignode.protocol.Lease;
import io.bignode.protocol.NonceRange;
import io.bignode.protocol.WorkOrder;
import io.bignode.session.Session;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * Holds results until a device of another {@link Source} has computed a share of them again. What is checked is chosen after it came in, so that a source
 * cannot know. Agreement releases the result and all that came in before it, where it has nonces that count; agreement on one without, which whoever makes
 * nonces up reports as everybody else does, releases such results alone. Deviation releases nothing since the last agreement.
 *
 * <p>Of two sources that differ one is wrong, and it may be the checker: a third that agrees with one of them decides, or the head's CPU, which is final. Where
 * nobody can decide, neither is put in quarantine: disputed results are dropped and computed again, with an alarm. Results of the head's own devices wait only
 * where somebody can check them at once, and not for long. Not thread safe.
 */
final class Verification {
    /** Results do not wait longer than this without a check under way; a session's first ones only until the next tick, when nobody knows which is chosen. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** A check that no device takes for so long is given up, where none could. */
    private static final Duration NOBODY = Duration.ofSeconds(10);

    /** Results of the head's own devices do not wait longer than this, whatever became of their check. */
    private static final Duration OWN = Duration.ofSeconds(10);

    /** A device that has held a check for so long may hang: another one may do it too. */
    private static final Duration SLOW = Duration.ofSeconds(5);

    private static final int FAILURES = 3;

    /** Agreement on too few nonces to tell anything counts after so many in a row: larger results do not come. */
    private static final int SMALL = 5;

    /** How many open checks a device is asked about at a time. */
    private static final int LOOKS = 16;

    /** What is known of one source. */
    private static final class Standing {
        final Deque<Unverified> waiting = new ArrayDeque<>();
        Optional<VerificationTask> check = Optional.empty();
        boolean proven;
        long numbered;

        /** Whether a session waits for its very first result: its small node does not know yet that anything comes. */
        boolean urgent;

        /** How many checks in a row agreed on too few nonces to tell anything. */
        int small;

        /** Removes the results that came in up to a number, of those that are chosen. */
        List<String> takeUpTo(long number, Predicate<Unverified> chosen) {
            List<String> taken = new ArrayList<>();
            List<Unverified> left = new ArrayList<>();
            for (Unverified result : waiting) {
                if (result.number() <= number && chosen.test(result)) taken.add(result.leaseId());
                else left.add(result);
            }
            waiting.clear();
            waiting.addAll(left);
            return List.copyOf(taken);
        }
    }

    /** What a check came to. */
    sealed interface Verdict {
        /** These results, in this order, are right. */
        record Release(List<String> leaseIds) implements Verdict {}

        /** This source is not to be trusted. */
        record Wrong(Source source, String why) implements Verdict {}

        /** Nobody can decide whether these results are right. */
        record Disputed(List<String> leaseIds) implements Verdict {}
    }

    private final Policies policies;
    private final Disputes disputes;
    private final RandomGenerator random;
    private final Map<Source, Standing> standings = new HashMap<>();

    /** The checks that no device holds at the moment; those that were looked at last are the last. */
    private final SequencedSet<VerificationTask> open = new LinkedHashSet<>();

    Verification(Policies policies, Alarms alarms, RandomGenerator random) {
        this.policies = policies;
        this.disputes = new Disputes(alarms);
        this.random = random;
    }

    /**
     * Whether a source's results are held until they are verified.
     *
     * @param checkable whether a device that could check them is there; called only where it matters
     */
    boolean holds(Source source, BooleanSupplier checkable) {
        if (policies.verifyShare() == 0 || source.judge()) return false;
        return !source.own() || checkable.getAsBoolean();
    }

    /** A source's result landed and is held. */
    void landed(Source source, String leaseId, Session session, NonceRange computed, List<Found> found, long now) {
        Standing standing = standings.computeIfAbsent(source, _ -> new Standing());
        Unverified result = new Unverified(leaseId, session, computed, found, ++standing.numbered, now);
        standing.waiting.add(result);
        if (result.counts() && session.totalBatches() == 0) standing.urgent = true;
        if (standing.check.isPresent()) return;
        if (!tells(result)) return; // a larger one may come; tick() takes what there is
        if (!standing.proven || random.nextDouble() < policies.verifyShare()) {
            begin(standing, new VerificationTask(source, result, computed.count(), now));
        }
    }

    /** Whether a result is large enough for agreement on it to tell something. */
    private boolean tells(Unverified result) {
        return result.computed().count() >= policies.proofs().minSample(result.session().order().work());
    }

    /** Whether there is a check that no device holds at the moment. */
    boolean asks() {
        return !open.isEmpty();
    }

    /** A check that fits, if there is one among the next few; it counts as issued from now on. */
    Optional<VerificationTask> take(Source checker, Predicate<VerificationTask> fits, long now) {
        for (int looks = Math.min(LOOKS, open.size()); looks > 0; looks--) {
            VerificationTask check = open.removeFirst();
            if (fits.test(check)) {
                check.issue(checker, now);
                return Optional.of(check);
            }
            open.addLast(check);
        }
        return Optional.empty();
    }

    /** The judge takes a check that is undecided. */
    void judged(VerificationTask check, Source judge, long now) {
        open.remove(check);
        check.issue(judge, now);
    }

    private void begin(Standing standing, VerificationTask check) {
        standing.check = Optional.of(check);
        standing.urgent = false;
        open.add(check);
    }

    private void reopen(VerificationTask check) {
        check.issued = false;
        open.add(check);
    }

    /** The check of a standing is over. */
    private void end(Standing standing) {
        standing.check.ifPresent(open::remove);
        standing.check = Optional.empty();
    }

    /**
     * Which nonces to compute again: those around one that was reported as valid, as nearly all others would agree with any report; the rest of
     * the sample shows whether valid ones were left out.
     */
    NonceRange sample(VerificationTask check, int max) {
        if (check.isDisputed()) return check.opinions.getFirst().lease().range();
        if (check.sample.isEmpty()) check.sample = Optional.of(draw(check, max));
        return check.sample.get();
    }

    /** What whoever checks is to compute. */
    WorkOrder work(VerificationTask check, Lease lease) {
        return policies.proofs().check(lease.work(), check.reportedOf(lease));
    }

    private NonceRange draw(VerificationTask check, int max) {
        NonceRange all = check.subject.computed();
        int least = policies.proofs().minSample(check.subject.session().order().work());
        int count = Math.max(1, Math.min(Math.max(max, least), Math.min(Math.max(check.size, least), all.count())));
        int slack = all.count() - count;
        List<Found> found = check.subject.found();
        int start = random.nextInt(slack + 1);
        if (!found.isEmpty()) {
            Found picked = found.get(random.nextInt(found.size()));
            long place = check.subject.session().order().nonces().index(picked.nonce()).orElse(all.first()) - all.first();
            start = Math.clamp(place - random.nextInt(count), 0, slack);
        }
        return new NonceRange(all.first() + start, count);
    }

    /** How long the oldest result of each session waits to be verified, and how many of its results do; without sessions that have none. */
    Map<Session, Backlog> backlogs(long now) {
        Map<Session, Backlog> backlogs = new HashMap<>();
        for (Standing standing : standings.values()) {
            for (Unverified result : standing.waiting) {
                backlogs.merge(result.session(), new Backlog(1, Duration.ofNanos(now - result.landedNanos())), Backlog::and);
            }
        }
        return backlogs;
    }

    /**
     * The results of a session that wait to be verified.
     *
     * @param results how many results
     * @param oldest  for how long the oldest of them has
     */
    record Backlog(int results, Duration oldest) {
        private Backlog and(Backlog other) {
            return new Backlog(results + other.results, oldest.compareTo(other.oldest) > 0 ? oldest : other.oldest);
        }
    }

    /** The checks that are disputed, that nobody has at the moment and none of the devices that are there may take. */
    List<VerificationTask> undecided(Predicate<VerificationTask> candidate) {
        return open.stream().filter(check -> check.isDisputed() && !candidate.test(check)).toList();
    }

    /** One nonce on which the first checker differs from what was reported. */
    NonceRange differing(VerificationTask check) {
        VerificationTask.Opinion first = check.opinions.getFirst();
        Lease all = first.lease();
        for (long index = all.range().first(); index < all.range().end(); index++) {
            Lease single = all.part(new NonceRange(index, 1));
            VerificationTask.Opinion reported = new VerificationTask.Opinion(check.source, single, check.reportedOf(single), "");
            if (reported.deviationFrom(first, policies.proofs()).isPresent()) return single.range();
        }
        return new NonceRange(all.range().first(), 1);
    }

    /** A check's lease ended without a result: another device may take it, and where this one failed, another source's. */
    List<Verdict> returned(VerificationTask check, Source checker, boolean failed) {
        if (!isPending(check)) return List.of();
        reopen(check);
        if (failed) {
            check.failures++;
            check.excluded.add(checker);
        }
        // A dispute is over when nobody is left who could decide it.
        return check.failures < FAILURES || check.isDisputed() ? List.of() : unverifiable(check, "its check failed " + check.failures + " times");
    }

    /** A check's lease was computed. */
    List<Verdict> done(VerificationTask check, Source checker, Lease lease, int computed, List<Found> found) {
        if (!isPending(check)) return List.of();
        reopen(check);
        // Each source counts once.
        if (computed < 1 || check.opinions.stream().anyMatch(opinion -> opinion.source().equals(checker))) return List.of();
        Lease done = lease.part(new NonceRange(lease.range().first(), computed));
        List<Found> reported = check.reportedOf(done);
        Optional<String> deviation = policies.proofs().deviation(lease.work(), reported, found);
        boolean cutShort = computed < lease.range().count();
        Standing standing = standings.get(check.source);
        if (deviation.isEmpty() && !check.isDisputed() && !tells(check.subject) && standing != null && ++standing.small <= SMALL) {
            end(standing); // a larger result is checked, once there is one
            return List.of();
        }
        // An answer that ended before the first nonce that is said to count says nothing of those.
        if (cutShort && deviation.isEmpty() && reported.isEmpty() && check.subject.counts()) return List.of();
        return decide(check, new VerificationTask.Opinion(checker, done, found, deviation.orElse("")), deviation, cutShort);
    }

    /** The source is right with which the head's CPU, or a second checker, agrees; an answer that agrees with no other is kept for later. */
    private List<Verdict> decide(VerificationTask check, VerificationTask.Opinion word, Optional<String> deviation, boolean cutShort) {
        List<Verdict> verdicts = new ArrayList<>();
        for (VerificationTask.Opinion opinion : check.opinions) {
            opinion.deviationFrom(word, policies.proofs()).ifPresent(why -> verdicts.add(new Verdict.Wrong(opinion.source(), why)));
        }
        boolean last = word.source().judge();
        if (!last && deviation.isPresent() && verdicts.size() == check.opinions.size()) {
            check.opinions.add(word);
            check.excluded.add(word.source());
            return List.of();
        }
        // An answer that ended before the place where they differ agrees with all of them.
        if (!last && cutShort && check.isDisputed() && deviation.isEmpty() && verdicts.isEmpty()) return List.of();
        if (deviation.isPresent()) verdicts.add(new Verdict.Wrong(check.source, deviation.get()));
        else verdicts.addAll(agreed(check, word.source()));
        return verdicts;
    }

    private boolean isPending(VerificationTask check) {
        Standing standing = standings.get(check.source);
        return standing != null && standing.check.filter(task -> task == check).isPresent();
    }

    private List<Verdict> agreed(VerificationTask check, Source checker) {
        disputes.settled(source -> source.equals(check.source) || source.equals(checker));
        return release(check, true, result -> check.subject.counts() || !result.counts());
    }

    private List<Verdict> release(VerificationTask check, boolean proven, Predicate<Unverified> chosen) {
        Standing standing = standings.get(check.source);
        if (standing == null) return List.of();
        end(standing);
        standing.small = 0;
        standing.proven = proven;
        return List.of(new Verdict.Release(standing.takeUpTo(check.subject.number(), chosen)));
    }

    private List<Verdict> disputed(VerificationTask check) {
        disputes.disagree(check.parties(), check.opinions.getFirst().deviation());
        Standing standing = standings.get(check.source);
        if (standing == null) return List.of();
        end(standing);
        standing.proven = false;
        return List.of(new Verdict.Disputed(standing.takeUpTo(check.subject.number(), _ -> true)));
    }

    /**
     * Starts checks of results that have waited long, gives up checks that nobody can do, and releases the head's own results when their time is over.
     *
     * @param candidate whether a device that may take this check is there
     * @param there     whether a source is there still
     */
    List<Verdict> tick(long now, Predicate<VerificationTask> candidate, Predicate<Source> there) {
        List<Verdict> verdicts = new ArrayList<>();
        disputes.settled(source -> !there.test(source));
        standings.forEach((source, standing) -> {
            Unverified oldest = standing.waiting.peek();
            boolean differs = standing.check.filter(VerificationTask::isDisputed).isPresent();
            if (source.own() && !differs && oldest != null && now - oldest.landedNanos() >= OWN.toNanos()) {
                verdicts.add(new Verdict.Release(standing.takeUpTo(standing.numbered, _ -> true)));
                return;
            }
            if (standing.check.isEmpty()) {
                boolean due = oldest != null && (standing.urgent || now - oldest.landedNanos() >= PATIENCE.toNanos());
                if (due) begin(standing, choose(source, standing, now));
                return;
            }
            VerificationTask check = standing.check.get();
            if (check.sharedIfSlow(now, SLOW, candidate)) open.add(check);
            boolean waits = now - check.chosenNanos < NOBODY.toNanos() && (check.isDisputed() || !source.own());
            if (check.issued || waits || candidate.test(check)) return;
            verdicts.addAll(unverifiable(check, "nobody else is connected that could check them"));
        });
        return verdicts;
    }

    private VerificationTask choose(Source source, Standing standing, long now) {
        // The newest result that has something to forge is checked, as agreement releases all before it: a source that began to forge is caught.
        Unverified newest = standing.waiting.stream().filter(result -> result.counts() && tells(result)).reduce((_, later) -> later)
                .or(() -> standing.waiting.stream().filter(Unverified::counts).reduce((_, later) -> later)).orElseGet(standing.waiting::getLast);
        long nonces = standing.waiting.stream().mapToLong(batch -> batch.computed().count()).sum();
        int size = (int) Math.ceil(policies.verifyShare() * nonces);
        return new VerificationTask(source, newest, Math.max(1, size), now);
    }

    /** Nobody can decide. A source that nobody can check is believed, with an alarm where it is on another host. */
    private List<Verdict> unverifiable(VerificationTask check, String why) {
        if (check.isDisputed()) return disputed(check);
        if (!check.source.own()) disputes.unchecked(check.source, why);
        return release(check, false, _ -> true);
    }

    /** Forgets a source that was put in quarantine. Returns the leases whose results are to be dropped. */
    List<String> quarantined(Source source) {
        disputes.settled(source::equals);
        Standing standing = standings.remove(source);
        if (standing == null) return List.of();
        end(standing);
        return standing.waiting.stream().map(Unverified::leaseId).toList();
    }

    /**
     * A result that waits to be verified; its session holds it.
     *
     * @param leaseId     of the lease it ended
     * @param session     whose nonces
     * @param computed    the indices that were computed
     * @param found       those that count, as reported
     * @param number      in the order in which its source's results landed
     * @param landedNanos when it landed
     */
    record Unverified(String leaseId, Session session, NonceRange computed, List<Found> found, long number, long landedNanos) {
        /** Whether it holds a nonce that counts, so that there is something to forge. */
        boolean counts() {
            return !found.isEmpty();
        }
    }
}
