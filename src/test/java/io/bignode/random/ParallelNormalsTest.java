package io.bignode.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The parallel draw against the serial one. */
class ParallelNormalsTest {
    private static Pcg64 stream(String seed) {
        return new Pcg64(SeedSequence.ofText(seed, 4));
    }

    private static short[] serial(Pcg64 stream, int count, double scale) {
        double[] normals = new double[count];
        new Normals(stream.copy()).fill(normals);
        short[] halves = new short[count];
        for (int i = 0; i < count; i++) {
            halves[i] = Float.floatToFloat16((float) (0.0 + scale * normals[i]));
        }
        return halves;
    }

    private static short[] parallel(Pcg64 stream, int count, double scale, int threads, int chunk) throws InterruptedException {
        short[] halves = new short[count];
        int[] times = new int[count];
        AtomicLong told = new AtomicLong();
        HalfSink sink = (index, values, from, n) -> {
            System.arraycopy(values, from, halves, (int) index, n);
            for (int i = 0; i < n; i++) {
                times[(int) index + i]++;
            }
        };
        ParallelNormals.draw(stream, count, scale, threads, chunk, sink, told::addAndGet);
        assertThat(told).hasValue(count);
        assertThat(times).containsOnly(count == 0 ? new int[0] : new int[] {1});
        return halves;
    }

    @ParameterizedTest
    @CsvSource({"1,1", "1,8", "2,3", "3,2", "7,4", "64,2", "511,3", "512,2", "513,8", "1000,1", "65536,2", "65536,8"})
    void anyChunkAndAnyNumberOfThreadsGiveTheSerialBits(int chunk, int threads) throws InterruptedException {
        int count = Math.min(200_000, 4000 * chunk);
        Pcg64 stream = stream("chunks");
        assertThat(parallel(stream, count, 0.02, threads, chunk)).isEqualTo(serial(stream, count, 0.02));
    }

    @Test
    void randomShapesGiveTheSerialBits() throws InterruptedException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 300; i++) {
            int chunk = 1 + random.nextInt(random.nextBoolean() ? 20 : 3000);
            int count = random.nextInt(5000);
            int threads = 1 + random.nextInt(6);
            Pcg64 stream = stream("shape" + random.nextInt());
            assertThat(parallel(stream, count, 1.0, threads, chunk))
                    .as("seed %d, round %d: %d values, chunks of %d, %d threads", seed, i, count, chunk, threads)
                    .isEqualTo(serial(stream, count, 1.0));
        }
    }

    @Test
    void noValuesAndFewerValuesThanChunksWork() throws InterruptedException {
        assertThat(parallel(stream("none"), 0, 1.0, 4, 16)).isEmpty();
        assertThat(parallel(stream("few"), 3, 1.0, 8, 1)).isEqualTo(serial(stream("few"), 3, 1.0));
        assertThat(parallel(stream("few"), 3, 1.0, 8, 4096)).isEqualTo(serial(stream("few"), 3, 1.0));
    }

    @Test
    void aBoundaryInsideAWedgeOrATailIsCrossedExactly() throws InterruptedException {
        Pcg64 stream = stream("boundaries");
        int wedges = 0;
        int tails = 0;
        Ziggurat ziggurat = new Ziggurat(stream.copy(), 0);
        while (wedges < 20 || tails < 20) {
            long start = ziggurat.position();
            double value = ziggurat.attempt();
            long length = ziggurat.position() - start;
            boolean tail = Math.abs(value) > 3.6541528853610088;
            if (length == 1 || start > 60_000 || (tail ? tails : wedges) >= 20) {
                if (start > 60_000) {
                    break;
                }
                continue;
            }
            // A chunk that ends inside this attempt: the next one begins at an output the true draw never begins at.
            int chunk = (int) start + 1;
            int count = (int) Math.min(3L * chunk + 100, 70_000);
            assertThat(parallel(stream, count, 1.0, 3, chunk)).as("chunk %d", chunk).isEqualTo(serial(stream, count, 1.0));
            if (tail) {
                tails++;
            } else {
                wedges++;
            }
        }
        assertThat(wedges).as("wedges whose second output lies beyond a boundary").isEqualTo(20);
        assertThat(tails).as("tails that a boundary cuts").isPositive();
    }

    @Test
    void everyOutputOfARejectedWedgeAndOfALongTailCanBeginAChunk() throws InterruptedException {
        Pcg64 stream = stream("boundaries");
        List<Attempt> attempts = attempts(stream, 120_000);
        List<Attempt> rejected = attempts.stream().filter(a -> a.outputs == 2 && Double.isNaN(a.value)).limit(10).toList();
        List<Attempt> longTails = attempts.stream().filter(a -> a.outputs > 3).limit(3).toList();
        assertThat(rejected).as("wedges that reject").hasSize(10);
        assertThat(longTails).as("tails of more than one round").isNotEmpty();
        for (Attempt attempt : Stream.concat(rejected.stream(), longTails.stream()).toList()) {
            for (int inside = 1; inside < attempt.outputs; inside++) {
                int chunk = (int) attempt.start + inside;
                int count = 2 * chunk + 100;
                assertThat(parallel(stream, count, 1.0, 3, chunk)).as("chunk %d", chunk).isEqualTo(serial(stream, count, 1.0));
            }
        }
    }

    @Test
    void aGuessThatNeverMeetsTheTrueDrawIsDrawnAgain() throws InterruptedException {
        guess(40_000);
    }

    @Test
    @Tag("full")
    void aGuessThatNeverMeetsTheTrueDrawIsDrawnAgainInALongOne() throws InterruptedException {
        guess(200_000);
    }

    private static void guess(long outputs) throws InterruptedException {
        Pcg64 stream = stream("never");
        // Chunks of two outputs; the true draw begins at a chunk's second output, the guess's one attempt in the chunk spans both.
        List<Attempt> attempts = attempts(stream, outputs);
        List<Attempt> entering = attempts.stream()
                .filter(a -> a.outputs == 2 && a.start % 2 == 1 && attemptAt(stream, a.start + 1).outputs > 1)
                .toList();
        assertThat(entering).as("chunks that are entered so").isNotEmpty();
        int count = (int) entering.getLast().start + 100;
        assertThat(parallel(stream, count, 1.0, 2, 2)).isEqualTo(serial(stream, count, 1.0));
    }

    @Test
    void aBlockThatEndsInsideAnAttemptGoesOnInTheNext() {
        Pcg64 stream = stream("blocks");
        List<Attempt> cut = attempts(stream, 60_000).stream().filter(a -> a.outputs > 1 && a.start >= RawBlock.SIZE).toList();
        assertThat(cut).hasSizeGreaterThan(500).anyMatch(a -> a.outputs > 2);
        for (Attempt attempt : cut) {
            // A draw that begins so that its first block ends behind the attempt's first output.
            Pcg64 from = stream.copy();
            from.skip(attempt.start + 1 - RawBlock.SIZE);
            Ziggurat single = new Ziggurat(from.copy(), 0);
            double[] drawn = new double[600];
            new Normals(from).fill(drawn);
            for (double value : drawn) {
                assertThat(value).as("block cut at %d", attempt.start + 1).isEqualTo(next(single));
            }
        }
    }

    /** An attempt: where it begins, how many outputs it reads, its value or NaN. */
    private record Attempt(long start, long outputs, double value) {}

    private static List<Attempt> attempts(Pcg64 stream, long outputs) {
        List<Attempt> attempts = new ArrayList<>();
        Ziggurat ziggurat = new Ziggurat(stream.copy(), 0);
        while (ziggurat.position() < outputs) {
            long start = ziggurat.position();
            double value = ziggurat.attempt();
            attempts.add(new Attempt(start, ziggurat.position() - start, value));
        }
        return attempts;
    }

    private static Attempt attemptAt(Pcg64 stream, long start) {
        Pcg64 from = stream.copy();
        from.skip(start);
        Ziggurat ziggurat = new Ziggurat(from, start);
        double value = ziggurat.attempt();
        return new Attempt(start, ziggurat.position() - start, value);
    }

    private static double next(Ziggurat single) {
        double value = single.attempt();
        return Double.isNaN(value) ? next(single) : value;
    }

    @Test
    void aFailingSinkEndsTheDrawAndIsNamed() {
        HalfSink sink = (index, values, from, n) -> {
            if (index > 1000) {
                throw new IllegalArgumentException("full");
            }
        };
        assertThatThrownBy(() -> ParallelNormals.draw(stream("fail"), 100_000, 1.0, 4, 100, sink, n -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasRootCauseMessage("full");
    }

    @Test
    void anInterruptEndsTheDraw() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        AtomicReference<Throwable> outcome = new AtomicReference<>();
        Thread drawing = Thread.ofPlatform().start(() -> {
            try {
                ParallelNormals.draw(stream("stop"), Long.MAX_VALUE, 1.0, 2, 100, (i, v, f, n) -> begun.countDown(), n -> {});
            } catch (InterruptedException expected) {
                outcome.set(expected);
            }
        });
        begun.await();
        drawing.interrupt();
        drawing.join();
        assertThat(outcome.get()).isInstanceOf(InterruptedException.class);
    }

    @Test
    void rawOutputsDifferBetweenStreams() {
        assertThat(Arrays.equals(serial(stream("a"), 100, 1.0), serial(stream("b"), 100, 1.0))).isFalse();
    }
}
