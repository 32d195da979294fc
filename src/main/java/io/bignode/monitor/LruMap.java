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
    /**
     * So many devices are remembered by whatever remembers devices, and as many workers, as each may have a single device: all of a farm of ten thousand, and those
     * that left it lately. There is a bound at all as workers choose the names of both.
     */
    public static final int DEVICES = 16_384;

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

    /** An empty map of what is remembered of devices, by their ids. */
    public static <V> LruMap<String, V> ofDevices() {
        return new LruMap<>(DEVICES);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        boolean full = size() > max;
        if (full) forgotten.accept(eldest.getKey());
        return full;
    }
}
