package io.bignode.http;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Asks a server the same again and again, over a connection that is kept or over a new one each time, and measures how long each answer takes. Needs nothing
 * but the JDK.
 */
final class Onlooker {
    private static final int PATIENCE_MILLIS = 30_000;

    private final InetSocketAddress server;
    private final String request;
    private final boolean keeps;
    private Socket socket;

    private Onlooker(InetSocketAddress server, String path, String token, boolean keeps) {
        this.server = server;
        this.request = "GET " + path + " HTTP/1.1\r\nHost: n\r\n" + (token.isEmpty() ? "" : "Authorization: Bearer " + token + "\r\n")
                + (keeps ? "" : "Connection: close\r\n") + "\r\n";
        this.keeps = keeps;
        this.socket = new Socket();
    }

    /**
     * What one of them asks.
     *
     * @param name  for reports
     * @param path  with its query
     * @param token empty for none
     * @param keeps whether one connection serves all of its requests
     */
    record Question(String name, String path, String token, boolean keeps) {}

    /**
     * How long answers took.
     *
     * @param sorted nanoseconds, the shortest first
     */
    record Times(Question question, long[] sorted) {
        /** A quantile in milliseconds. */
        double millis(double quantile) {
            return sorted[(int) Math.max(0, Math.min(sorted.length - 1, Math.ceil(quantile * sorted.length) - 1))] / 1e6;
        }

        /** The longest. */
        Duration longest() {
            return Duration.ofNanos(sorted[sorted.length - 1]);
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%-28s n %5d   p50 %8.2f ms   p99 %8.2f ms   max %8.2f ms", question.name(), sorted.length, millis(0.5),
                    millis(0.99), millis(1));
        }
    }

    /**
     * Asks all questions side by side, each with {@code pause} between an answer and the next request.
     *
     * @throws java.util.concurrent.ExecutionException when a request is not answered, or not with 200
     */
    static List<Times> ask(InetSocketAddress server, List<Question> questions, Duration pause, int times) throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(questions.size())) {
            List<Future<Times>> asked = new ArrayList<>();
            for (Question question : questions) asked.add(threads.submit(repeated(server, question, pause, times)));
            List<Times> all = new ArrayList<>();
            for (Future<Times> one : asked) all.add(one.get());
            return all;
        }
    }

    private static Callable<Times> repeated(InetSocketAddress server, Question question, Duration pause, int times) {
        return () -> {
            Onlooker onlooker = new Onlooker(server, question.path(), question.token(), question.keeps());
            long[] nanos = new long[times];
            for (int i = 0; i < times; i++) {
                nanos[i] = onlooker.once();
                Thread.sleep(pause);
            }
            onlooker.socket.close();
            Arrays.sort(nanos);
            return new Times(question, nanos);
        };
    }

    private long once() throws IOException {
        long begun = System.nanoTime();
        if (!socket.isConnected()) {
            socket.connect(server, PATIENCE_MILLIS);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(PATIENCE_MILLIS);
        }
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        String status = answer(socket.getInputStream());
        if (!status.startsWith("HTTP/1.1 200 ")) throw new IOException("answered " + status);
        if (!keeps) {
            socket.close();
            socket = new Socket();
        }
        return System.nanoTime() - begun;
    }

    /** Reads an answer whole, and gives its first line. */
    private static String answer(InputStream in) throws IOException {
        String first = line(in);
        int length = 0;
        for (String line = line(in); !line.isEmpty(); line = line(in))
            if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) length = Integer.parseInt(line.substring(15).strip());
        if (in.readNBytes(length).length < length) throw new IOException("the answer was cut");
        return first;
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) throw new IOException("the connection ended");
            if (next != '\r') line.append((char) next);
        }
        return line.toString();
    }
}
