package io.bignode.engine.cuda;

import io.bignode.engine.cuda.CublasLt.Shape;
import io.bignode.poc.Digests;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What was measured on one GPU with one driver and one version of its libraries: for a size, which way is the faster one. Kept in a file, so that a size is
 * measured once. Safe for use by several threads.
 */
final class Measured {
    private static final System.Logger LOG = System.getLogger(Measured.class.getName());
    private static final String FFN = "ffn";
    private static final String PRODUCT = "product";

    private final Optional<KeptFiles> files;
    private final String name;

    /** A line's first words to the rest of it. */
    private final Map<String, String> lines = new TreeMap<>();

    private int changes;

    private Measured(Optional<KeptFiles> files, String name) {
        this.files = files;
        this.name = name;
    }

    /** Nothing is known, and nothing is kept. */
    static Measured none() {
        return new Measured(Optional.empty(), "");
    }

    /**
     * What is known of a GPU.
     *
     * @param identity everything that decides what is faster: the GPU, the driver, the libraries, our own kernels
     */
    static Measured of(Path folder, String gpu, String identity) {
        KeptFiles files = new KeptFiles(folder, "measurement", "made");
        Measured measured = new Measured(Optional.of(files), gpu + "-" + Digests.sha256(identity.getBytes(StandardCharsets.UTF_8)));
        files.read(measured.name).ifPresent(content -> measured.take(new String(content, StandardCharsets.UTF_8)));
        return measured;
    }

    private void take(String text) {
        for (String line : text.lines().toList()) {
            int split = line.indexOf('\t');
            if (split > 0) lines.put(line.substring(0, split), line.substring(split + 1));
        }
    }

    /** The size of the feed-forward layer's first half: rows of x, its width and that of the results. */
    record FfnSize(int rows, int dim, int width) {
        private String key() {
            return FFN + " " + rows + " " + dim + " " + width;
        }

        @Override
        public String toString() {
            return rows + " × " + width + " × " + dim;
        }
    }

    /**
     * Which way is taken for a size.
     *
     * @param own    whether it is our own kernel
     * @param reason what was measured, or why our own kernel is not to be used
     */
    record Verdict(boolean own, String reason) {}

    /** Which way was found to be the faster one; empty where that was never measured. */
    synchronized Optional<Verdict> ffn(FfnSize size) {
        return Optional.ofNullable(lines.get(size.key())).map(text -> new Verdict(text.startsWith("own "), text.substring(text.indexOf(' ') + 1)));
    }

    /** Keeps what was found. */
    synchronized void keep(FfnSize size, Verdict verdict) {
        put(size.key(), (verdict.own() ? "own " : "library ") + verdict.reason().replaceAll("\\s+", " "));
    }

    /** Forgets what was found: it is measured again. */
    synchronized void forget(FfnSize size) {
        lines.remove(size.key());
        save();
    }

    /** Whether our own kernel is to be used for any size. */
    synchronized boolean usesOwn() {
        return lines.entrySet().stream().anyMatch(line -> line.getKey().startsWith(FFN + " ") && line.getValue().startsWith("own "));
    }

    /** Has our own kernel used for no size any more of those for which it was. */
    synchronized void distrustOwn(String reason) {
        lines.replaceAll((key, text) -> key.startsWith(FFN + " ") && text.startsWith("own ") ? "library " + reason.replaceAll("\\s+", " ") : text);
        save();
    }

    /** The library's own words for the algorithm that was the fastest for a product; empty where none was measured. */
    synchronized Optional<byte[]> algorithm(Shape shape) {
        try {
            return Optional.ofNullable(lines.get(key(shape))).map(HexFormat.of()::parseHex);
        } catch (IllegalArgumentException odd) {
            LOG.log(System.Logger.Level.WARNING, "the measurement of {0} cannot be read; it is made again", shape);
            lines.remove(key(shape));
            return Optional.empty();
        }
    }

    /** Keeps the algorithm. */
    synchronized void keep(Shape shape, byte[] algorithm) {
        put(key(shape), HexFormat.of().formatHex(algorithm));
    }

    private static String key(Shape shape) {
        return PRODUCT + " " + shape.rows() + " " + shape.n() + " " + shape.k() + " " + shape.xStride();
    }

    private void put(String key, String text) {
        lines.put(key, text);
        save();
    }

    private void save() {
        changes++;
        StringBuilder text = new StringBuilder();
        lines.forEach((key, rest) -> text.append(key).append('\t').append(rest).append('\n'));
        files.ifPresent(kept -> kept.write(name, text.toString().getBytes(StandardCharsets.UTF_8)));
    }

    /** Goes up with each change: whoever has made use of what was known looks again then. */
    synchronized int changes() {
        return changes;
    }
}
