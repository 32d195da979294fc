package io.bignode.field;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A reverse proxy that speaks HTTP/1.0 to the big node, as nginx does unless it is told otherwise: a connection a request, {@code Host},
 * {@code Connection: close}, bodies with a length. It answers with 502 where the big node gives no whole answer. One request a connection on its own
 * side too.
 */
public final class Http10Proxy implements AutoCloseable {
    private static final int MAX_HEAD = 16_384;
    private static final int MAX_BODY = 8 << 20;
    private static final int UPSTREAM_MILLIS = 60_000;
    private static final byte[] BAD_GATEWAY =
            "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 26\r\nConnection: close\r\n\r\n<h1>502 Bad Gateway</h1>\r\n".getBytes(StandardCharsets.US_ASCII);

    private final int upstream;
    private final ServerSocket server;
    private final AtomicInteger passed = new AtomicInteger();

    /** A request or an answer: its first line, its header lines, its body. */
    private record Message(String first, List<String> headers, byte[] body) {
        byte[] bytes() {
            StringBuilder head = new StringBuilder(first).append("\r\n");
            headers.forEach(line -> head.append(line).append("\r\n"));
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            out.writeBytes(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
            out.writeBytes(body);
            return out.toByteArray();
        }
    }

    /**
     * A proxy that listens on a free port of the loopback interface.
     *
     * @param upstream the big node's port there
     */
    public Http10Proxy(int upstream) throws IOException {
        this.upstream = upstream;
        this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    /** Where clients find it. */
    public URI uri() {
        return URI.create("http://127.0.0.1:" + server.getLocalPort());
    }

    /** How many answers of the big node it passed on. */
    public int passed() {
        return passed.get();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = server.accept();
                Thread.ofVirtual().start(() -> serve(client));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void serve(Socket client) {
        try (client) {
            client.setSoTimeout(UPSTREAM_MILLIS);
            Message request = read(new BufferedInputStream(client.getInputStream()), false);
            client.getOutputStream().write(answer(request));
            client.shutdownOutput();
        } catch (IOException e) {
            // the client is gone, or sent no request
        }
    }

    private byte[] answer(Message request) {
        try (Socket node = new Socket()) {
            node.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), upstream), UPSTREAM_MILLIS);
            node.setSoTimeout(UPSTREAM_MILLIS);
            OutputStream out = node.getOutputStream();
            out.write(forNode(request).bytes());
            Message answer = read(new BufferedInputStream(node.getInputStream()), true);
            if (!answer.first().matches("HTTP/1\\.[01] [1-5]\\d\\d .*")) return BAD_GATEWAY;
            passed.incrementAndGet();
            return forClient(answer).bytes();
        } catch (IOException e) {
            return BAD_GATEWAY;
        }
    }

    private Message forNode(Message request) {
        List<String> headers = new ArrayList<>(List.of("Host: 127.0.0.1:" + upstream, "Connection: close"));
        request.headers().stream().filter(line -> !isNamed(line, "host", "connection", "upgrade", "http2-settings", "content-length")).forEach(headers::add);
        if (request.body().length > 0) headers.add("Content-Length: " + request.body().length);
        return new Message(request.first().replaceFirst(" HTTP/1\\.1$", " HTTP/1.0"), headers, request.body());
    }

    private static Message forClient(Message answer) {
        List<String> headers = new ArrayList<>(answer.headers().stream().filter(line -> !isNamed(line, "connection", "keep-alive", "content-length")).toList());
        headers.add("Content-Length: " + answer.body().length);
        headers.add("Connection: close");
        return new Message(answer.first().replaceFirst("^HTTP/1\\.0", "HTTP/1.1"), headers, answer.body());
    }

    /**
     * Reads a message whole.
     *
     * @param untilEnd whether a body without a length lasts until the connection's end
     */
    private static Message read(InputStream in, boolean untilEnd) throws IOException {
        int[] left = {MAX_HEAD};
        String first = line(in, left);
        List<String> headers = new ArrayList<>();
        int length = -1;
        for (String line = line(in, left); !line.isEmpty(); line = line(in, left)) {
            // Nobody may send chunks to HTTP/1.0; nginx itself would put up with them.
            if (isNamed(line, "transfer-encoding")) throw new IOException("a transfer coding in HTTP/1.0");
            if (isNamed(line, "content-length")) length = Integer.parseInt(line.substring(line.indexOf(':') + 1).strip());
            headers.add(line);
        }
        if (length > MAX_BODY) throw new IOException("a body of " + length + " bytes");
        byte[] body = length >= 0 ? in.readNBytes(length) : untilEnd ? in.readNBytes(MAX_BODY) : new byte[0];
        if (length > body.length) throw new IOException("the body ended early");
        return new Message(first, headers, body);
    }

    private static String line(InputStream in, int[] left) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0 || --left[0] < 0) throw new IOException("no whole head");
            line.append((char) next);
        }
        return line.toString().stripTrailing();
    }

    private static boolean isNamed(String header, String... names) {
        return List.of(names).contains(header.replaceFirst(":.*", "").strip().toLowerCase(Locale.ROOT));
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
