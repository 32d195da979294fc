package io.bignode.random;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * Standard normals by the 256-layer ziggurat, from a stream's raw outputs. An <i>attempt</i> begins at a raw output and gives one value or
 * none; what it reads and gives follows from where it begins alone. A draw is attempts one after the other.
 *
 * @see <a href="https://www.jstatsoft.org/article/view/v005i08">Marsaglia and Tsang, 2000</a>
 */
final class Ziggurat {
    private static final int LAYERS = 256;
    private static final long MANTISSA = (1L << 52) - 1;
    private static final double TAIL = 3.6541528853610088;
    private static final double INVERSE_TAIL = 0.27366123732975827;
    private static final double UNIFORM = 0x1p-53;

    /** Bounds by the raw output's lowest nine bits: the layer, and the sign above it. */
    private static final long[] K = new long[2 * LAYERS];

    /** Widths, by the same bits. */
    private static final double[] W = new double[2 * LAYERS];

    private static final double[] F = new double[LAYERS];

    static {
        load();
    }

    private final RawBlock block;
    private int at = RawBlock.SIZE;
    private long base;

    /**
     * Attempts over the outputs a generator would give next.
     *
     * @param generator left at an unspecified place
     * @param position  the number of its next output, for {@link #position()}
     */
    Ziggurat(Pcg64 generator, long position) {
        this.block = new RawBlock(generator);
        this.base = position - RawBlock.SIZE;
    }

    /** The number of the output at which the next attempt begins. */
    long position() {
        return base + at;
    }

    /**
     * Draws until {@code out} is full or the next attempt would begin at or after {@code end}.
     *
     * @param out  takes the values from {@code from} on
     * @param to   where {@code out} is full
     * @param end  a position in the stream
     * @return the index after the last value
     */
    int draw(double[] out, int from, int to, long end) {
        int n = from;
        while (n < to && position() < end) {
            if (at == RawBlock.SIZE) {
                refill();
            }
            int limit = (int) Math.min(Math.min(RawBlock.SIZE, (long) at + (to - n)), end - base);
            int accepted = accept(block.states(), at, limit, out, n);
            at += accepted;
            n += accepted;
            if (at < limit) {
                double value = attempt();
                if (!Double.isNaN(value)) {
                    out[n++] = value;
                }
            }
        }
        return n;
    }

    /** One attempt: a value, or NaN where it gives none. */
    double attempt() {
        long r = next();
        int layer = (int) (r & (LAYERS - 1));
        long mantissa = r >>> 9 & MANTISSA;
        double x = mantissa * W[(int) (r & (2 * LAYERS - 1))];
        if (mantissa < K[layer]) {
            return x;
        }
        if (layer == 0) {
            return tail((mantissa >>> 8 & 1) != 0);
        }
        // Only compared with a random height: the last place, which Math.exp may round either way, decides once in some 10^13 times.
        return (F[layer - 1] - F[layer]) * uniform() + F[layer] < Math.exp(-0.5 * x * x) ? x : Double.NaN;
    }

    /**
     * Accepts outputs of a block up to {@code limit} (98 of 100 lie inside their layer) and stops before the first that does not: the loop
     * nearly all values come from.
     *
     * @return how many were accepted
     */
    private static int accept(long[] states, int first, int limit, double[] out, int from) {
        for (int i = first; i < limit; i++) {
            long r = RawBlock.output(states, i);
            int layerAndSign = (int) r & (2 * LAYERS - 1);
            long mantissa = r >>> 9 & MANTISSA;
            if (mantissa >= K[layerAndSign]) {
                return i - first;
            }
            out[from + i - first] = mantissa * W[layerAndSign];
        }
        return limit - first;
    }

    private double tail(boolean negative) {
        while (true) {
            double x = -INVERSE_TAIL * StrictMath.log1p(-uniform());
            double y = -StrictMath.log1p(-uniform());
            if (y + y > x * x) {
                return negative ? -(TAIL + x) : TAIL + x;
            }
        }
    }

    private double uniform() {
        return (next() >>> 11) * UNIFORM;
    }

    private long next() {
        if (at == RawBlock.SIZE) {
            refill();
        }
        return RawBlock.output(block.states(), at++);
    }

    private void refill() {
        block.next();
        base += RawBlock.SIZE;
        at = 0;
    }

    private static void load() {
        try (InputStream in = Ziggurat.class.getResourceAsStream("ziggurat-normal-float64.tsv")) {
            if (in == null) {
                throw new IllegalStateException("the ziggurat's tables are missing from the jar");
            }
            new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .forEach(line -> {
                        String[] fields = line.split("\t", -1);
                        int layer = Integer.parseInt(fields[0]);
                        K[layer] = Long.parseLong(fields[1]);
                        K[LAYERS + layer] = K[layer];
                        W[layer] = Double.parseDouble(fields[2]);
                        W[LAYERS + layer] = -W[layer];
                        F[layer] = Double.parseDouble(fields[3]);
                    });
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }
}
