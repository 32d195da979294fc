package io.bignode.http;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What came back when a {@link RawRow row} was sent.
 *
 * @param answers in the order in which they came, the probe's too
 * @param ended   whether the server ended the connection; false when it said nothing more for {@value #PATIENCE_MILLIS} ms
 */
record RawConversation(List<RawAnswer> answers, boolean ended) {
    private static final int PATIENCE_MILLIS = 8_000;
    private static final int MAX_ANSWERS = 100;

    /** Sends a row's bytes and reads until the server ends the connection. */
    static RawConversation hold(Socket socket, RawRow row) throws IOException, InterruptedException {
        socket.setSoTimeout(PATIENCE_MILLIS);
        boolean asks = !row.later().isEmpty();
        // Written by another thread: a server may answer, and stop reading, before it has all of it.
        Thread writer = Thread.startVirtualThread(() -> write(socket, row.sent() + (asks || row.cut() ? "" : RawRow.PROBE), row.cut()));
        List<RawAnswer> answers = new ArrayList<>();
        boolean ended = read(socket, row, answers);
        socket.close();
        writer.join();
        return new RawConversation(List.copyOf(answers), ended);
    }

    private static boolean read(Socket socket, RawRow row, List<RawAnswer> answers) {
        try {
            InputStream in = socket.getInputStream();
            while (answers.size() < MAX_ANSWERS) {
                Optional<RawAnswer> answer = RawAnswer.read(in, answers.isEmpty() && row.sent().startsWith("HEAD "));
                if (answer.isEmpty()) return true;
                answers.add(answer.get());
                if (answer.get().status() == 100 && !row.later().isEmpty()) write(socket, row.later() + RawRow.PROBE, false);
                // Nothing more is sent: not by who asked to go on and was refused, and not after the probe.
                else if (answers.size() == 1 && !row.later().isEmpty() || ofProbe(answer.get())) end(socket);
            }
            return false;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true; // reset by the server: what came before counts
        }
    }

    private static void write(Socket socket, String text, boolean cut) {
        try {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            if (cut) socket.shutdownOutput();
        } catch (IOException e) {
            // refused before it was all sent; the answer may be there none the less
        }
    }

    private static boolean ofProbe(RawAnswer answer) {
        return answer.status() == 404 && answer.body().contains("there is no such session");
    }

    private static void end(Socket socket) throws IOException {
        if (!socket.isOutputShutdown()) socket.shutdownOutput();
    }

    /**
     * What is wrong with it.
     *
     * @param started how many sessions of the row's order there are now
     * @return empty when nothing is
     */
    Optional<String> fault(RawRow row, int started) {
        if (row.wanted().stream().noneMatch(wanted -> matches(wanted)))
            return Optional.of("got " + this + "; wanted " + row.wanted().stream().map(String::valueOf).collect(Collectors.joining(" or ")));
        boolean begun = answers.stream().filter(answer -> answer.status() >= 200).findFirst().filter(answer -> answer.status() == 200).isPresent();
        if (row.order() != 0 && started != (begun ? 1 : 0)) return Optional.of("got " + this + " and " + started + " sessions");
        return answers.stream().flatMap(answer -> unsound(row, answer).stream()).findFirst();
    }

    private boolean matches(RawRow.Wanted wanted) {
        boolean kept = wanted.connection() == RawRow.Connection.KEPT;
        int count = wanted.statuses().size();
        if (!ended || answers.size() != count + (kept ? 1 : 0)) return false;
        if (kept && !ofProbe(answers.getLast())) return false;
        for (int i = 0; i < count; i++) if (!wanted.statuses().get(i).contains(answers.get(i).status())) return false;
        if (wanted.header().isEmpty()) return true;
        String[] header = wanted.header().split(": ", 2);
        return answers.get(count - 1).says(header[0], header[1]);
    }

    /** What no answer to any request may be. */
    private static Optional<String> unsound(RawRow row, RawAnswer answer) {
        String head = answer.head();
        if ((head + answer.body()).contains(TestNode.TOKEN)) return Optional.of("the answer repeats the token");
        if (!answer.values("X-Injected").isEmpty()) return Optional.of("a header of the client's making stands in the answer");
        if (answer.status() >= 400 && answer.values("Content-Type").stream().noneMatch("application/problem+json"::equals))
            return Optional.of("the refusal is no problem document: " + head);
        if (answer.status() >= 200 && answer.values("Content-Length").size() != 1 && !answer.says("Transfer-Encoding", "chunked"))
            return Optional.of("the answer does not tell its length: " + head);
        if (row.sent().contains("HTTP/1.0") && !answer.values("Transfer-Encoding").isEmpty())
            return Optional.of("an answer to HTTP/1.0 has chunks: " + head);
        return Optional.empty();
    }

    @Override
    public String toString() {
        String statuses = answers.stream()
                .map(answer -> (ofProbe(answer) ? "the probe's " : "") + answer.status() + (answer.says("Connection", "close") ? " (close)" : ""))
                .collect(Collectors.joining(", "));
        return (statuses.isEmpty() ? "no answer" : statuses) + (ended ? ", then the end" : ", then neither an answer nor the end");
    }
}
