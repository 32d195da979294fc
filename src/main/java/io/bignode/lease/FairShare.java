package io.bignode.lease;

import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * Decides whose turn it is: the turn goes to whoever used the least device time for its weight. A pure policy; not thread safe.
 *
 * <p>Each has a virtual time: the device time that it used, and what its leases in flight are expected to use, divided by its weight. Whoever comes, or comes
 * back after a while in which it could not use a device, starts where the next one stands without its leases in flight: it is next, and has as much in flight as
 * the others soon, but gets nothing for the time it was away. Expectations may be far off, as for the first leases of a stage, and who comes then must not be
 * left with them. That one is absent is noticed when the turn is offered to it, which is before those present have overtaken it: until then it gains nothing by
 * being away.
 *
 * <p>Each step takes time logarithmic in the number of those present.
 *
 * @param <S> who shares, compared by {@code equals}
 */
final class FairShare<S> {
    /** The answer to an offered turn. */
    enum Answer {
        /** It takes the turn. */
        TAKES,

        /** It has work, but not for this device. */
        PASSES,

        /** It has no work: it is absent until it {@linkplain #join joins} again. */
        ABSENT
    }

    private static final class Account<S> implements Comparable<Account<S>> {
        final S who;
        final double weight;

        /** In the order in which they first came, so that no two accounts compare as equal. */
        final long number;

        double usedNanos;
        double expectedNanos;
        long lastServed;
        boolean present;

        Account(S who, double weight, long number) {
            this.who = who;
            this.weight = weight;
            this.number = number;
        }

        /** The order of turns; of two that used equally much, the one that was served longer ago comes first. */
        @Override
        public int compareTo(Account<S> other) {
            int byTime = Double.compare(usedNanos + expectedNanos, other.usedNanos + other.expectedNanos);
            if (byTime != 0) return byTime;
            int byTurn = Long.compare(lastServed, other.lastServed);
            return byTurn != 0 ? byTurn : Long.compare(number, other.number);
        }
    }

    private final ToDoubleFunction<S> weight;
    private final Map<S, Account<S>> accounts = new HashMap<>();

    /** Those present. An account is taken out while its virtual time changes. */
    private final TreeSet<Account<S>> turns = new TreeSet<>();

    /** The most that anybody had used when it was served: where those start who come while nobody is present. */
    private double floor;

    private long served;
    private long came;

    /** Starts with nobody present. */
    FairShare(ToDoubleFunction<S> weight) {
        this.weight = weight;
    }

    /** One may have work from now on; false when it was present already. */
    boolean join(S who) {
        Account<S> account = accounts.computeIfAbsent(who, _ -> new Account<>(who, weight.applyAsDouble(who), ++came));
        if (account.present) return false;
        account.usedNanos = Math.max(account.usedNanos, turns.isEmpty() ? floor : turns.first().usedNanos);
        account.present = true;
        return turns.add(account);
    }

    /** Offers the turn to those present, the next one first, until one takes it; false when none does. Whoever takes it is {@linkplain #serve served} by then. */
    boolean offer(Function<S, Answer> turn) {
        for (Iterator<Account<S>> all = turns.iterator(); all.hasNext();) {
            Account<S> next = all.next();
            switch (turn.apply(next.who)) {
                case TAKES -> {
                    return true; // its account has moved: the iteration must not go on
                }
                case PASSES -> {}
                case ABSENT -> {
                    all.remove();
                    next.present = false;
                }
            }
        }
        return false;
    }

    /** Notes that one was served with a lease that is expected to use so much device time. */
    void serve(S who, long estimateNanos) {
        join(who);
        Account<S> account = Objects.requireNonNull(accounts.get(who));
        turns.remove(account);
        floor = Math.max(floor, account.usedNanos);
        account.lastServed = ++served;
        account.expectedNanos += estimateNanos / account.weight;
        turns.add(account);
    }

    /** A lease ended, of which so much was expected and that used so much. Nothing happens for one that was forgotten. */
    void settle(S who, long estimateNanos, long deviceNanos) {
        Account<S> account = accounts.get(who);
        if (account == null) return;
        boolean present = turns.remove(account);
        account.expectedNanos -= estimateNanos / account.weight;
        account.usedNanos += deviceNanos / account.weight;
        if (present) turns.add(account);
    }

    /** Forgets those that will not come back. */
    void forget(Predicate<S> gone) {
        turns.removeIf(account -> gone.test(account.who));
        accounts.keySet().removeIf(gone);
    }
}
