package io.bignode.monitor;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The entries of a map that were used last, at most so many. Not thread safe.
 *
 * @param <K> what they are found by
 * @param <V> what is remembered
 */
public final class LruMap<K, V> extends LinkedHashMap<K, V> {
    private static final long serialVersionUID = 1L;

    private final int most;

    /** Remembers nothing yet, and never more than {@code most}. */
    public LruMap(int most) {
        super(16, 0.75f, true);
        this.most = most;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > most;
    }
}
