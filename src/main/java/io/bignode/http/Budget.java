package io.bignode.http;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How many of something each one may have at a time; nobody can use up another's. Thread safe.
 *
 * @param <K> who has them
 */
public final class Budget<K> {
    private final int max;
    private final Map<K, Integer> taken = new ConcurrentHashMap<>();

    /** A budget of this many for each. */
    public Budget(int max) {
        this.max = max;
    }

    /** Takes one; false when {@code who} has all it may have. */
    public boolean take(K who) {
        if (taken.merge(who, 1, Integer::sum) <= max) return true;
        giveBack(who);
        return false;
    }

    /** Gives one back that was taken. */
    public void giveBack(K who) {
        taken.computeIfPresent(who, (_, count) -> count == 1 ? null : count - 1);
    }
}
