package io.bignode.cli.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.node.FileFault;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Where a small node puts its proof batches, one a line. */
interface BatchOutput extends AutoCloseable {
    /** The batches cannot be put anywhere; the one in hand must not be acknowledged. */
    final class Failed extends Exception {
        private static final long serialVersionUID = 1L;

        Failed(String message) {
            super(message);
        }
    }

    /**
     * Puts a batch; once this returns it may be acknowledged.
     *
     * @throws Failed when it could not be put
     */
    void write(JsonNode batch) throws Failed;

    @Override
    void close();

    /** Prints batches. */
    static BatchOutput to(PrintWriter out) {
        return new BatchOutput() {
            @Override
            public void write(JsonNode batch) throws Failed {
                out.println(batch);
                if (out.checkError()) throw new Failed("standard output is closed");
            }

            @Override
            public void close() {
                out.flush();
            }
        };
    }

    /**
     * Appends batches to a file, each on disk before it counts as put.
     *
     * @throws Failed when the file cannot be opened
     */
    static BatchOutput appendingTo(Path path) throws Failed {
        FileChannel file;
        try {
            file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new Failed(path + " cannot be written: " + FileFault.reason(e));
        }
        return new BatchOutput() {
            @Override
            public void write(JsonNode batch) throws Failed {
                ByteBuffer line = StandardCharsets.UTF_8.encode(batch + "\n");
                try {
                    while (line.hasRemaining()) file.write(line);
                    file.force(false);
                } catch (IOException e) {
                    throw new Failed(path + " cannot be written: " + FileFault.reason(e));
                }
            }

            @Override
            public void close() {
                try {
                    file.close();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
    }
}
