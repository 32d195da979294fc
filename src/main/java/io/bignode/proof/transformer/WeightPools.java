package io.bignode.proof.transformer;

import io.bignode.poc.HostMemory;
import io.bignode.poc.PoolCache;
import io.bignode.poc.WeightPool;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;

/**
 * The host's weight pools. One that is asked for is made once, however many ask, and shared; one that nobody uses any more stays until its memory is
 * needed for another. Safe for use by several threads.
 */
public final class WeightPools implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(WeightPools.class.getName());

    private final long budgetBytes;
    private final int threads;
    private final PoolCache cache;
    private final HostMemory memory;
    private final Map<Key, Entry> entries = new LinkedHashMap<>(4, 0.75f, true);

    private record Key(String blockHash, long size) {}

    private static final class Entry {
        private final CompletableFuture<WeightPool> pool = new CompletableFuture<>();

        /** The same pool as soon as its draw begins; nothing where it is not drawn but read, or cannot be made. */
        private final CompletableFuture<Optional<WeightPool>> drawing = new CompletableFuture<>();
        private int users;
    }

    /**
     * No pool yet.
     *
     * @param budgetBytes idle pools are dropped before pools exceed this
     * @param threads     threads to draw a pool with
     * @param cache       files of pools drawn before
     * @param memory      where pools lie
     */
    public WeightPools(long budgetBytes, int threads, PoolCache cache, HostMemory memory) {
        this.budgetBytes = budgetBytes;
        this.threads = threads;
        this.cache = cache;
        this.memory = memory;
    }

    /** A use of a pool; the pool stays as it is until this is closed. */
    public final class Shared implements AutoCloseable {
        private final Key key;
        private final WeightPool pool;
        private boolean closed;

        private Shared(Key key, WeightPool pool) {
            this.key = key;
            this.pool = pool;
        }

        /** The pool. */
        public WeightPool pool() {
            return pool;
        }

        /** Another use of the same pool. */
        Shared share() {
            synchronized (WeightPools.this) {
                use(key);
            }
            return new Shared(key, pool);
        }

        @Override
        public void close() {
            synchronized (WeightPools.this) {
                if (!closed) {
                    closed = true;
                    release(key);
                }
            }
        }
    }

    /**
     * The pool of a block, drawn or read from its file by the first who asks while the others wait.
     *
     * @throws InterruptedException when interrupted
     */
    public Shared acquire(String blockHash, long size) throws InterruptedException {
        return acquire(blockHash, size, _ -> {});
    }

    /**
     * The same for somebody who copies the pool while it is drawn.
     *
     * @param begun receives a pool that is being drawn, at once; not called where the pool is there or is read from its file
     */
    public Shared acquire(String blockHash, long size, Consumer<WeightPool> begun) throws InterruptedException {
        Key key = new Key(blockHash, size);
        Entry entry;
        boolean first;
        synchronized (this) {
            first = !entries.containsKey(key);
            if (first) {
                makeRoom(2 * size);
                entries.put(key, new Entry());
            }
            entry = use(key);
        }
        if (first) {
            make(key, entry, begun);
        }
        try {
            if (!first && !entry.pool.isDone()) entry.drawing.get().ifPresent(begun);
            return new Shared(key, entry.pool.get());
        } catch (InterruptedException stop) {
            forget(key, entry);
            throw stop;
        } catch (ExecutionException broken) {
            forget(key, entry);
            if (broken.getCause() instanceof InterruptedException) {
                throw new InterruptedException("the pool's draw was interrupted");
            }
            throw new IllegalStateException("the weight pool could not be made", broken.getCause());
        }
    }

    private void make(Key key, Entry entry, Consumer<WeightPool> begun) {
        try {
            long start = System.nanoTime();
            WeightPool pool = cache.load(key.blockHash(), key.size(), threads, memory).orElse(null);
            boolean drawn = pool == null;
            if (pool == null) {
                pool = WeightPool.generate(key.blockHash(), key.size(), threads, memory, early -> begun(entry, early, begun), n -> {});
            }
            LOG.log(System.Logger.Level.INFO, String.format(
                    Locale.ROOT, "weight pool of %,d values %s in %.2f s", key.size(), drawn ? "drawn" : "read from the cache",
                            (System.nanoTime() - start) * 1e-9));
            if (drawn && cache.takes(key.size())) {
                save(key, pool);
            }
            entry.pool.complete(pool);
        } catch (InterruptedException | RuntimeException | Error failure) {
            entry.pool.completeExceptionally(failure);
        } finally {
            entry.drawing.complete(Optional.empty());
        }
    }

    private static void begun(Entry entry, WeightPool drawn, Consumer<WeightPool> begun) {
        entry.drawing.complete(Optional.of(drawn));
        begun.accept(drawn);
    }

    /** Writes the pool's file in the background; the pool counts as used until then. */
    private void save(Key key, WeightPool pool) {
        synchronized (this) {
            use(key);
        }
        Thread.ofPlatform().daemon().name("pool-cache").start(() -> {
            try {
                cache.save(pool);
            } finally {
                synchronized (this) {
                    release(key);
                }
            }
        });
    }

    private void makeRoom(long bytes) {
        long used = entries.keySet().stream().mapToLong(key -> 2 * key.size()).sum();
        var oldest = entries.entrySet().iterator();
        while (used + bytes > budgetBytes && oldest.hasNext()) {
            Map.Entry<Key, Entry> entry = oldest.next();
            if (entry.getValue().users == 0) {
                used -= 2 * entry.getKey().size();
                oldest.remove();
                entry.getValue().pool.join().close();
            }
        }
    }

    private Entry use(Key key) {
        Entry entry = entries.get(key);
        if (entry == null) {
            throw new IllegalStateException("no pool of this key is in use");
        }
        entry.users++;
        return entry;
    }

    private void release(Key key) {
        Entry entry = entries.get(key);
        if (entry != null) {
            entry.users--;
        }
    }

    /** Gives up a use of a pool that was not obtained; a pool that failed is made anew by the next who asks. */
    private synchronized void forget(Key key, Entry entry) {
        entry.users--;
        if (entry.pool.isCompletedExceptionally()) {
            entries.remove(key, entry);
        }
    }

    /** Frees the pools nobody uses; the others go with the process. */
    @Override
    public synchronized void close() {
        entries.values().removeIf(entry -> {
            boolean idle = entry.users == 0 && entry.pool.isDone() && !entry.pool.isCompletedExceptionally();
            if (idle) {
                entry.pool.join().close();
            }
            return idle;
        });
    }
}
