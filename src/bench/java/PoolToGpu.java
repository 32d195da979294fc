import io.bignode.poc.HostMemory;
import io.bignode.poc.WeightPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The host's part of a weight pool's way to a GPU, without a GPU: the pool is drawn, and passes through two buffers of 32 MB, as the engine copies it. Once behind
 * the draw, as it was before, and once while it is drawn. What a GPU takes from the buffers in the meantime is not in it; it is faster than the host.
 */
final class PoolToGpu {
    private static final long BUFFER_BYTES = 32L << 20;

    private PoolToGpu() {}

    /**
     * Measures.
     *
     * @param args values, threads, rounds
     */
    public static void main(String[] args) throws Exception {
        long values = Long.parseLong(args[0]);
        int threads = Integer.parseInt(args[1]);
        int rounds = Integer.parseInt(args[2]);
        List<Double> behind = new ArrayList<>();
        List<Double> meanwhile = new ArrayList<>();
        List<Double> rest = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            long begin = System.nanoTime();
            try (WeightPool pool = WeightPool.generate("round" + round, values, threads, HostMemory.PLAIN, _ -> {})) {
                copy(pool, values);
                behind.add(since(begin));
            }
            begin = System.nanoTime();
            List<Thread> follower = new ArrayList<>();
            try (WeightPool _ = WeightPool.generate(
                    "round" + round, values, threads, HostMemory.PLAIN, drawn -> follower.add(Thread.ofPlatform().start(() -> copy(drawn, values))), _ -> {})) {
                long drawn = System.nanoTime();
                follower.getFirst().join();
                rest.add(since(drawn));
                meanwhile.add(since(begin));
            }
        }
        System.out.printf(
                Locale.ROOT, "%,d values, %d threads, medians of %d: drawn, then copied %.2f s; copied while drawn %.2f s, of which %.3f s behind the draw%n", values,
                threads, rounds, median(behind), median(meanwhile), median(rest));
    }

    private static void copy(WeightPool pool, long values) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment[] buffers = {arena.allocate(BUFFER_BYTES, 64), arena.allocate(BUFFER_BYTES, 64)};
            int turn = 0;
            for (long at = 0; at < 2 * values; turn = 1 - turn) at += pool.copy(at, buffers[turn]);
        }
    }

    private static double median(List<Double> seconds) {
        return seconds.stream().sorted().toList().get(seconds.size() / 2);
    }

    private static double since(long nanos) {
        return (System.nanoTime() - nanos) * 1e-9;
    }
}
