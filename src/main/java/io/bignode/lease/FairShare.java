package io.bignode.lease;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * Decides whose turn it is: the turn goes to who used the least device time for its weight. A pure policy; not thread safe.
 *
 * <p>Each has a virtual time, the device time charged to it divided by its weight. Who comes, or comes back after a while in which it could
 * not use a device, starts at the least virtual time of those present: it is next, but gets nothing for the time it was away.
 *
 * @param <S> who shares, compared by {@code equals}
 */
final class FairShare<S> {
    private static final class Account<S> {
        final S who;
        final double weight;
        double virtualNanos;
        long lastServed;

        /** The number of the last ranking that it took part in; 0 for none. */
        long ranked;

        Account(S who, double weight) {
            this.who = who;
            this.weight = weight;
        }

        double virtualNanos() {
            return virtualNanos;
        }

        /** The order of turns; of two that are equal, who was served longer ago comes first. */
        static int compare(Account<?> left, Account<?> right) {
            int byTime = Double.compare(left.virtualNanos, right.virtualNanos);
            return byTime != 0 ? byTime : Long.compare(left.lastServed, right.lastServed);
        }
    }

    private final ToDoubleFunction<S> weight;
    private final Map<S, Account<S>> accounts = new HashMap<>();

    /** The virtual time when anybody was last served: where those start who come while nobody is present. */
    private double floor;

    private long served;
    private long rankings = 1;

    /** Starts with nobody present. */
    FairShare(ToDoubleFunction<S> weight) {
        this.weight = weight;
    }

    /** Ranks those who could use a device now, the next one first; all others are absent from now on. */
    List<S> ranking(Collection<S> candidates) {
        List<Account<S>> ranked = new ArrayList<>(candidates.size());
        for (S candidate : candidates) ranked.add(accounts.computeIfAbsent(candidate, who -> new Account<>(who, weight.applyAsDouble(who))));
        // Those of the last ranking were present until now; a new one never was.
        long last = rankings++;
        double start = ranked.stream().filter(account -> account.ranked == last).mapToDouble(Account::virtualNanos).min().orElse(floor);
        for (Account<S> account : ranked) {
            if (account.ranked != last) account.virtualNanos = Math.max(account.virtualNanos, start);
            account.ranked = rankings;
        }
        ranked.sort(Account::compare);
        return ranked.stream().map(account -> account.who).toList();
    }

    /** Notes that one was served, and charges what that will cost. */
    void serve(S who, long estimateNanos) {
        Account<S> account = accounts.get(who);
        if (account == null) throw new IllegalArgumentException("not ranked: " + who);
        floor = Math.max(floor, account.virtualNanos);
        account.lastServed = ++served;
        charge(who, estimateNanos);
    }

    /** Charges device time; a negative amount refunds. Nothing happens for one that was forgotten. */
    void charge(S who, long deviceNanos) {
        Account<S> account = accounts.get(who);
        if (account != null) account.virtualNanos += deviceNanos / account.weight;
    }

    /** Forgets those that will not come back. */
    void forget(Predicate<S> gone) {
        accounts.keySet().removeIf(gone);
    }
}
