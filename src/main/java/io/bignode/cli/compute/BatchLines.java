package io.bignode.cli.compute;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Reads lines of bounded length: what is longer is skipped, not held. */
final class BatchLines {
    /** Beyond what a node hands out in one batch. */
    static final int LONGEST = 16 << 20;

    private final InputStream in;
    private final long max;
    private final byte[] buffer = new byte[1 << 16];
    private int position;
    private int limit;
    private long bytes;

    BatchLines(InputStream in) {
        this(in, Long.MAX_VALUE);
    }

    /**
     * Lines of a stream's beginning.
     *
     * @param max bytes to read: of a file that grows, as many as it had
     */
    BatchLines(InputStream in, long max) {
        this.in = in;
        this.max = max;
    }

    /**
     * A line.
     *
     * @param text empty where it was longer than {@link #LONGEST} bytes
     */
    record Line(Optional<String> text) {}

    /** The next line; empty at the end. */
    Optional<Line> next() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(1024);
        boolean tooLong = false;
        boolean begun = false;
        while (fill()) {
            begun = true;
            int end = position;
            while (end < limit && buffer[end] != '\n') end++;
            tooLong |= line.size() + (end - position) > LONGEST;
            if (tooLong) {
                line.reset();
            } else {
                line.write(buffer, position, end - position);
            }
            boolean ended = end < limit;
            position = ended ? end + 1 : end;
            if (ended) break;
        }
        if (!begun) return Optional.empty();
        return Optional.of(new Line(tooLong ? Optional.empty() : Optional.of(line.toString(StandardCharsets.UTF_8))));
    }

    /** How many bytes were read of the stream; some of them may be of lines to come. */
    long bytes() {
        return bytes;
    }

    private boolean fill() throws IOException {
        if (position < limit) return true;
        position = 0;
        limit = bytes >= max ? 0 : Math.max(0, in.read(buffer, 0, (int) Math.min(buffer.length, max - bytes)));
        bytes += limit;
        return limit > 0;
    }
}
