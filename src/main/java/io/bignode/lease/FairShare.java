package io.bignode.lease;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * Who is next: the one that used the least device time for its weight. A pure policy; not thread safe.
 *
 * <p>Each has a virtual time, the device time charged to it divided by its weight. Who comes, or comes back after a while in which it could
 * not use a device, starts at the least virtual time of those present: it is next, but gets nothing for the time it was away.
 *
 * @param <S> who shares, compared by {@code equals}
 */
final class FairShare<S> {
    private static final class Account {
        final double weight;
        double virtualNanos;
        long lastServed;
        boolean present;

        Account(double weight) {
            this.weight = weight;
        }
    }

    private final ToDoubleFunction<S> weight;
    private final Map<S, Account> accounts = new HashMap<>();

    /** Where the virtual time stood when somebody was last served; for who comes when nobody is present. */
    private double floor;

    private long served;

    /** Nobody is present. */
    FairShare(ToDoubleFunction<S> weight) {
        this.weight = weight;
    }

    /** Ranks those who could use a device now, the next one first; all others are absent from now on. */
    List<S> ranking(Collection<S> candidates) {
        accounts.forEach((who, account) -> account.present &= candidates.contains(who));
        double start = accounts.values().stream()
                .filter(account -> account.present)
                .mapToDouble(account -> account.virtualNanos)
                .min()
                .orElse(floor);
        for (S candidate : candidates) {
            Account account = accounts.computeIfAbsent(candidate, who -> new Account(weight.applyAsDouble(who)));
            if (!account.present) account.virtualNanos = Math.max(account.virtualNanos, start);
            account.present = true;
        }
        return candidates.stream().sorted(Comparator.comparingDouble(this::virtualNanos).thenComparingLong(this::lastServed)).toList();
    }

    /** Notes that one was served, and charges what that will cost. */
    void serve(S who, long estimateNanos) {
        Account account = accounts.get(who);
        if (account == null) throw new IllegalArgumentException("not ranked: " + who);
        floor = Math.max(floor, account.virtualNanos);
        account.lastServed = ++served;
        charge(who, estimateNanos);
    }

    /** Charges device time; a negative amount refunds. Nothing happens for one that was forgotten. */
    void charge(S who, long deviceNanos) {
        Account account = accounts.get(who);
        if (account != null) account.virtualNanos += deviceNanos / account.weight;
    }

    /** Forgets those who will not come back. */
    void forget(Predicate<S> gone) {
        accounts.keySet().removeIf(gone);
    }

    private double virtualNanos(S who) {
        return account(who).virtualNanos;
    }

    private long lastServed(S who) {
        return account(who).lastServed;
    }

    private Account account(S who) {
        return Objects.requireNonNull(accounts.get(who));
    }
}
