package io.bignode.http;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A client of server-sent events over a bare socket, which can be cut at any moment. */
public final class EventReader implements AutoCloseable {
    /**
     * An event.
     *
     * @param id empty text where it has none
     */
    public record Event(String name, String id, String data) {}

    private final Socket socket;
    private final BufferedReader lines;
    public final String status;
    public final Map<String, String> headers = new HashMap<>();
    public int comments;

    /** Asks for a stream and reads the head of the answer. */
    public EventReader(Socket socket, String path, String token, String... moreHeaders) throws IOException {
        this.socket = socket;
        String request = "GET " + path + " HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nAuthorization: Bearer " + token + "\r\n"
                + String.join("", Arrays.stream(moreHeaders).map(header -> header + "\r\n").toList()) + "\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        InputStream in = socket.getInputStream();
        status = line(in);
        for (String header = line(in); !header.isEmpty(); header = line(in)) {
            headers.put(header.replaceFirst(":.*", "").toLowerCase(Locale.ROOT), header.replaceFirst("[^:]*: *", ""));
        }
        lines = new BufferedReader(new InputStreamReader(new Chunks(in), StandardCharsets.UTF_8));
    }

    /** The next event; empty at the stream's orderly end. */
    public Optional<Event> next() throws IOException {
        String name = "message";
        String id = "";
        StringBuilder data = new StringBuilder();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.startsWith(":")) comments++;
            if (line.startsWith("event: ")) name = line.substring(7);
            if (line.startsWith("id: ")) id = line.substring(4);
            if (line.startsWith("data: ")) data.append(line.substring(6));
            if (line.isEmpty() && !data.isEmpty()) return Optional.of(new Event(name, id, data.toString()));
        }
        return Optional.empty();
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) throw new IOException("ended after " + line);
            if (c != '\r') line.append((char) c);
        }
        return line.toString();
    }

    /** The bytes of chunks. */
    private static final class Chunks extends InputStream {
        private final InputStream in;
        private int left;
        private boolean first = true;
        private boolean ended;

        Chunks(InputStream in) {
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (ended) return -1;
            if (left == 0) {
                if (!first) line(in);
                first = false;
                left = Integer.parseInt(line(in), 16);
                if (left == 0) {
                    ended = true;
                    return -1;
                }
            }
            int count = in.read(bytes, offset, Math.min(left, length));
            if (count < 0) throw new IOException("cut");
            left -= count;
            return count;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
