package io.bignode.random;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Many normals of one stream, drawn by several threads, bit for bit what one thread would draw.
 *
 * <p>The stream's raw outputs are cut into chunks. A thread jumps to the chunk it took and draws from its first output, though the true draw may
 * pass that output in the middle of an attempt. Then it learns from the chunk before where the true draw's first attempt in this chunk begins,
 * redraws from there until an attempt begins where one of its own began (from there on both are the same), tells the next chunk where the draw
 * goes on, and hands its values over. An attempt belongs to the chunk in which it begins.
 */
public final class ParallelNormals {
    /** Raw outputs in a chunk: its values fit a core's own cache until they are handed over. */
    static final int CHUNK = 1 << 17;

    private final Pcg64 stream;
    private final long count;
    private final double scale;
    private final int chunk;
    private final HalfSink sink;
    private final LongConsumer progress;
    private final AtomicLong nextChunk = new AtomicLong();

    // Where the true draw stands before chunk `ready`: guarded by this.
    private long ready;
    private long truePosition;
    private long trueIndex;
    private @Nullable Throwable failure;

    private ParallelNormals(Pcg64 stream, long count, double scale, int chunk, HalfSink sink, LongConsumer progress) {
        this.stream = stream;
        this.count = count;
        this.scale = scale;
        this.chunk = chunk;
        this.sink = sink;
        this.progress = progress;
    }

    /**
     * Draws {@code count} values {@code 0.0 + scale * normal}, rounded to float16 through float32.
     *
     * @param stream   where the draw begins; not changed
     * @param count    how many values, at least 0
     * @param scale    their standard deviation
     * @param threads  how many threads draw, at least 1
     * @param sink     takes the values
     * @param progress told, from any thread, how many values were handed over since it was told last
     * @throws InterruptedException when interrupted; the sink is not called any more once this returns
     */
    public static void draw(Pcg64 stream, long count, double scale, int threads, HalfSink sink, LongConsumer progress)
            throws InterruptedException {
        draw(stream, count, scale, threads, CHUNK, sink, progress);
    }

    static void draw(Pcg64 stream, long count, double scale, int threads, int chunk, HalfSink sink, LongConsumer progress)
            throws InterruptedException {
        new ParallelNormals(stream.copy(), count, scale, chunk, sink, progress).run(threads);
    }

    private void run(int threads) throws InterruptedException {
        List<Thread> workers = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            workers.add(Thread.ofPlatform().daemon().name("normals-" + i).start(this::work));
        }
        boolean interrupted = false;
        for (Thread worker : workers) {
            while (worker.isAlive()) {
                try {
                    worker.join();
                } catch (InterruptedException stop) {
                    interrupted = true;
                    fail(stop);
                }
            }
        }
        if (interrupted) {
            throw new InterruptedException("the draw was interrupted");
        }
        synchronized (this) {
            if (failure != null) {
                throw new IllegalStateException("the draw failed", failure);
            }
        }
    }

    private void work() {
        Draft draft = new Draft(chunk);
        try {
            for (long c = nextChunk.getAndIncrement(); !finished(); c = nextChunk.getAndIncrement()) {
                draft.draw(c);
                if (!handOver(c, draft)) {
                    return;
                }
            }
        } catch (RuntimeException | Error broken) {
            fail(broken);
        } catch (InterruptedException stop) {
            // Nobody interrupts these threads but the virtual machine at its end.
            fail(stop);
        }
    }

    private synchronized boolean finished() {
        return failure != null || trueIndex >= count;
    }

    private synchronized void fail(Throwable why) {
        if (failure == null) {
            failure = why;
        }
        notifyAll();
    }

    /** Waits for the chunk before, mends the draft's beginning, lets the next chunk go on, and gives the values away; false when all are made. */
    private boolean handOver(long c, Draft draft) throws InterruptedException {
        long index;
        synchronized (this) {
            while (ready != c && !finished()) {
                wait();
            }
            if (finished()) {
                return false;
            }
            draft.correct(c, truePosition);
            index = trueIndex;
            trueIndex += draft.valueCount();
            truePosition = draft.end;
            ready = c + 1;
            notifyAll();
        }
        long prefix = give(index, draft.mended, 0, draft.mendedCount);
        long rest = give(index + draft.mendedCount, draft.values, draft.keptFrom, draft.count - draft.keptFrom);
        progress.accept(prefix + rest);
        return true;
    }

    private long give(long index, short[] values, int from, int n) {
        long wanted = Math.max(0, Math.min(n, count - index));
        if (wanted > 0) {
            sink.accept(index, values, from, (int) wanted);
        }
        return wanted;
    }

    /** A thread's draw of one chunk from its first output, and what the true draw puts in place of its beginning. */
    private final class Draft {
        /** Attempts whose beginnings are remembered: two draws of one stream meet within a few. */
        private static final int REMEMBERED = 64;

        private final Halves halves = Halves.scaled(scale);
        private final long[] starts = new long[REMEMBERED];
        private final int[] valuesBefore = new int[REMEMBERED];
        private int remembered;

        /** What the draft drew, {@code count} values; those from {@code keptFrom} on are true. */
        private final short[] values;

        private int count;
        private int keptFrom;

        /** What the true draw gives before it meets the draft, {@code mendedCount} values. */
        private final short[] mended;

        private int mendedCount;

        /** Where the first attempt after the chunk begins. */
        private long end;

        private Draft(int chunk) {
            this.values = new short[chunk];
            this.mended = new short[chunk];
        }

        private void draw(long c) {
            long first = Math.multiplyExact(c, (long) chunk);
            long after = first + chunk;
            Ziggurat ziggurat = ziggurat(first);
            count = 0;
            remembered = 0;
            while (remembered < REMEMBERED && ziggurat.position() < after) {
                starts[remembered] = ziggurat.position();
                valuesBefore[remembered++] = count;
                count = single(ziggurat, values, count);
            }
            count = rest(ziggurat, values, count, after);
            end = ziggurat.position();
        }

        private void correct(long c, long position) {
            long after = (c + 1) * chunk;
            mendedCount = 0;
            keptFrom = 0;
            if (remembered > 0 && starts[0] == position) {
                return;
            }
            Ziggurat ziggurat = ziggurat(position);
            int i = 0;
            while (ziggurat.position() < after) {
                while (i < remembered && starts[i] < ziggurat.position()) {
                    i++;
                }
                if (i == remembered) {
                    break;
                }
                if (starts[i] == ziggurat.position()) {
                    keptFrom = valuesBefore[i];
                    return;
                }
                mendedCount = single(ziggurat, mended, mendedCount);
            }
            // They never met: the draft is void, the whole chunk is drawn again.
            mendedCount = rest(ziggurat, mended, mendedCount, after);
            keptFrom = count;
            end = ziggurat.position();
        }

        private int valueCount() {
            return mendedCount + count - keptFrom;
        }

        private int single(Ziggurat ziggurat, short[] into, int at) {
            halves.values[0] = ziggurat.attempt();
            if (Double.isNaN(halves.values[0])) {
                return at;
            }
            halves.round(1, into, at);
            return at + 1;
        }

        private int rest(Ziggurat ziggurat, short[] into, int from, long after) {
            int at = from;
            while (ziggurat.position() < after) {
                int drawn = ziggurat.draw(halves.values, 0, Halves.CAPACITY, after);
                halves.round(drawn, into, at);
                at += drawn;
            }
            return at;
        }

        private Ziggurat ziggurat(long position) {
            Pcg64 generator = stream.copy();
            generator.skip(position);
            return new Ziggurat(generator, position);
        }
    }
}
