import io.bignode.engine.Engine;
import io.bignode.engine.cpu.CpuEngine;
import io.bignode.poc.WeightPool;
import io.bignode.random.Normals;
import io.bignode.random.Pcg64;
import io.bignode.random.SeedSequence;
import java.util.Arrays;

/**
 * Times the two draws of normals as float16; {@code normals.sh} runs it beside NumPy.
 *
 * <pre>
 * NormalsBench pool SEED COUNT SHA256   a weight pool on all cores, memory included: seconds; checks the digest unless it is empty
 * NormalsBench inputs COUNT RUNS        on one thread: median seconds over RUNS different streams
 * </pre>
 */
final class NormalsBench {
    private NormalsBench() {}

    public static void main(String[] args) throws Exception {
        if (args[0].equals("pool")) {
            pool(args[1], Long.parseLong(args[2]), args[3]);
        } else {
            inputs(Integer.parseInt(args[1]), Integer.parseInt(args[2]));
        }
    }

    private static void pool(String seed, long count, String expected) throws Exception {
        try (Engine engine = new CpuEngine()) {
            long start = System.nanoTime();
            int threads = Runtime.getRuntime().availableProcessors();
            try (WeightPool pool = WeightPool.generate(seed, count, threads, engine.poolMemory(), n -> {})) {
                System.out.printf("%.4f%n", (System.nanoTime() - start) * 1e-9);
                if (!expected.isEmpty() && !pool.sha256().equals(expected)) {
                    throw new AssertionError("the pool's SHA-256 is " + pool.sha256() + ", not " + expected);
                }
            }
        }
    }

    private static void inputs(int count, int runs) {
        double[] seconds = new double[runs];
        short[] out = new short[count];
        for (int run = 0; run < runs; run++) {
            Pcg64 stream = new Pcg64(SeedSequence.ofText("input " + run, 4));
            long start = System.nanoTime();
            new Normals(stream).fillHalf(out);
            seconds[run] = (System.nanoTime() - start) * 1e-9;
        }
        Arrays.sort(seconds);
        System.out.printf("%.6f%n", seconds[runs / 2]);
    }
}
