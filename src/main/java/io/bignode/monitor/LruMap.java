package io.bignode.monitor;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The entries of a map that were used last, at most so many. Not thread safe.
 *
 * @param <K> what they are found by
 * @param <V> what is remembered
 */
public final class LruMap<K, V> extends LinkedHashMap<K, V> {
    private static final long serialVersionUID = 1L;

    private final int max;
    private final transient Consumer<? super K> forgotten;

    /** An empty map that never holds more than {@code max} entries. */
    public LruMap(int max) {
        this(max, _ -> {});
    }

    /**
     * An empty map.
     *
     * @param max      the most entries that it remembers
     * @param forgotten told the key of each entry that is forgotten because there are more
     */
    public LruMap(int max, Consumer<? super K> forgotten) {
        super(16, 0.75f, true);
        this.max = max;
        this.forgotten = forgotten;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        boolean full = size() > max;
        if (full) forgotten.accept(eldest.getKey());
        return full;
    }
}
