package io.bignode.broker;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Remembers the latest of many things, so that strangers cannot fill the memory. Thread safe. */
final class Recent<K, V> {
    private final Map<K, V> entries;

    /** Starts empty, and never holds more than this. */
    Recent(int max) {
        this.entries = new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
                return size() > max;
            }
        };
    }

    /** Remembers it as the latest; returns what was there before. */
    synchronized Optional<V> put(K key, V value) {
        @Nullable V before = entries.remove(key);
        entries.put(key, value);
        return Optional.ofNullable(before);
    }

    synchronized Optional<V> get(K key) {
        return Optional.ofNullable(entries.get(key));
    }

    synchronized Optional<V> remove(K key) {
        return Optional.ofNullable(entries.remove(key));
    }
}
