package io.bignode.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * An answer of server-sent events. Nothing is kept for a client that reads slowly: each event waits until the socket took it, and one that waits too
 * long ends the connection.
 *
 * @see <a href="https://html.spec.whatwg.org/multipage/server-sent-events.html">Server-sent events</a>
 */
public final class EventStream implements AutoCloseable {
    /** Writes bytes to the client. */
    @FunctionalInterface
    interface Socket {
        /** Writes and flushes. */
        void write(byte[] bytes) throws IOException;
    }

    /** Ends the answer in an orderly way. */
    @FunctionalInterface
    interface End {
        /** Ends the answer. */
        void end() throws IOException;
    }

    private final Socket socket;
    private final End end;

    /**
     * A stream that began.
     *
     * @param end told when the stream is over
     */
    EventStream(Socket socket, End end) {
        this.socket = socket;
        this.end = end;
    }

    /** Tells the client how long to wait before it connects again. */
    public void retry(Duration pause) throws IOException {
        write("retry: " + pause.toMillis() + "\n\n");
    }

    /** Sends a comment, which clients ignore: it shows both ends that the connection still works. */
    public void comment() throws IOException {
        write(":\n\n");
    }

    /** Sends an event whose data is one line. */
    public void event(String name, byte[] line) throws IOException {
        event(name, OptionalLong.empty(), line);
    }

    /**
     * Sends an event whose data is one line.
     *
     * @param id what the client shows as {@code Last-Event-ID} when it connects again
     */
    public void event(String name, OptionalLong id, byte[] line) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(line.length + 64);
        bytes.writeBytes(("event: " + name + "\n").getBytes(StandardCharsets.UTF_8));
        if (id.isPresent()) bytes.writeBytes(("id: " + id.getAsLong() + "\n").getBytes(StandardCharsets.UTF_8));
        bytes.writeBytes("data: ".getBytes(StandardCharsets.UTF_8));
        bytes.writeBytes(line);
        bytes.writeBytes("\n\n".getBytes(StandardCharsets.UTF_8));
        socket.write(bytes.toByteArray());
    }

    private void write(String text) throws IOException {
        socket.write(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() throws IOException {
        end.end();
    }
}
