package io.bignode.delivery;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A small node that takes pushed batches: reads a request from each connection and answers as the test says. */
final class Receiver implements AutoCloseable {
    /** What came. */
    record Request(String head, String body) {}

    /** Answers on the bare connection. */
    @FunctionalInterface
    interface Answer {
        void write(Request request, Socket socket) throws IOException;
    }

    private final ServerSocket server;
    private final Answer answer;
    private final BlockingQueue<Request> requests = new LinkedBlockingQueue<>();
    private final List<Socket> sockets = Collections.synchronizedList(new ArrayList<>());

    private Receiver(ServerSocket server, Answer answer) {
        this.server = server;
        this.answer = answer;
        Thread.ofVirtual().start(this::accept);
    }

    /** Listens on any free port of 127.0.0.1. */
    static Receiver open(Answer answer) throws IOException {
        return new Receiver(new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1")), answer);
    }

    /** Listens with another kind of socket. */
    static Receiver open(ServerSocket server, Answer answer) {
        return new Receiver(server, answer);
    }

    /** Answers every request with these statuses, the last of them for ever. */
    static Answer statuses(int... statuses) {
        int[] next = {0};
        return (_, socket) -> {
            int status;
            synchronized (next) {
                status = statuses[Math.min(next[0]++, statuses.length - 1)];
            }
            write(socket, "HTTP/1.1 " + status + " x\r\nContent-Length: 0\r\n\r\n");
        };
    }

    static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
    }

    int port() {
        return server.getLocalPort();
    }

    /** The next request. */
    Request next() throws InterruptedException {
        Request request = requests.poll(30, TimeUnit.SECONDS);
        if (request == null) throw new AssertionError("nothing was pushed");
        return request;
    }

    /** How many requests wait to be looked at. */
    int waiting() {
        return requests.size();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                sockets.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setSoTimeout(20_000);
            InputStream in = new BufferedInputStream(socket.getInputStream());
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                int next = in.read();
                if (next < 0) return;
                head.append((char) next);
            }
            int length = head.toString().lines()
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
                    .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
                    .findFirst()
                    .orElse(0);
            Request request = new Request(head.toString(), new String(in.readNBytes(length), StandardCharsets.UTF_8));
            requests.add(request);
            answer.write(request, socket);
        } catch (IOException e) {
            // the node went away, or the test ended
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        synchronized (sockets) {
            for (Socket socket : sockets) socket.close();
        }
    }
}
