import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Starts the nodes of several checkouts in turn, kills them, and tells how long each took; see start.sh. */
final class StartTimes {
    private static final String TOKEN = "a-token-of-this-benchmark-alone";
    private static final Pattern SESSION = Pattern.compile("\"session_id\"\\s*:\\s*\"([^\"]+)\"");
    private static final long LIMIT_NANOS = 120_000_000_000L;

    /** A moment of a start: seconds since it began, and processor seconds by then. */
    private record Mark(double wall, double cpu) {}

    private record Start(Mark connected, Mark live, Mark polled) {}

    private final Path checkout;
    private final Path folder;
    private final int port;
    private final List<Start> starts = new ArrayList<>();
    private String session = "";

    private StartTimes(Path checkout) throws IOException {
        this.checkout = checkout;
        this.folder = Files.createTempDirectory("bignode-start");
        this.port = freePort();
    }

    /** Below those that the system gives to clients: one that tries to connect there again and again would at last be connected to itself, and hold the port. */
    private static int freePort() throws IOException {
        for (int port = 20_000; port < 30_000; port++) {
            try (ServerSocket socket = new ServerSocket(port)) {
                return socket.getLocalPort();
            } catch (BindException e) {
                // another's
            }
        }
        throw new IOException("no port is free");
    }

    public static void main(String[] args) throws Exception {
        int count = Integer.parseInt(args[0]);
        List<StartTimes> all = new ArrayList<>();
        for (String checkout : Arrays.asList(args).subList(2, args.length)) all.add(new StartTimes(Path.of(checkout)));
        try {
            for (StartTimes each : all) each.prepare();
            for (int i = 0; i < count; i++) for (StartTimes each : all) each.starts.add(each.start());
        } finally {
            for (StartTimes each : all) each.delete();
        }
        System.out.printf("%s, median (largest) of %d starts, seconds%n", args[1], count);
        System.out.printf("%-40s %18s %18s %18s%n", "wall", "connection", "/health/live", "poll");
        for (StartTimes each : all) each.print(Mark::wall);
        System.out.printf("%-40s %18s %18s %18s%n", "processor", "connection", "/health/live", "poll");
        for (StartTimes each : all) each.print(Mark::cpu);
    }

    private interface Value {
        double of(Mark mark);
    }

    private void print(Value value) {
        System.out.printf("%-40s %18s %18s %18s%n", checkout, cell(Start::connected, value), cell(Start::live, value), cell(Start::polled, value));
    }

    private interface Moment {
        Mark of(Start start);
    }

    private String cell(Moment moment, Value value) {
        double[] sorted = starts.stream().mapToDouble(start -> value.of(moment.of(start))).sorted().toArray();
        return "%.2f (%.2f)".formatted(sorted[sorted.length / 2], sorted[sorted.length - 1]);
    }

    /** A session with results that outlives its node. */
    private void prepare() throws Exception {
        Process node = node();
        try {
            long began = System.nanoTime();
            until(began, () -> ask("GET", "/health", "", "HTTP/1.1 200"));
            String order = Files.readString(checkout.resolve("examples/dev-net.json")).replaceAll("\"r_target\": [0-9.]+", "\"r_target\": 2");
            Matcher started = SESSION.matcher(ask("POST", "/api/v1/delegation/start", order, "\"status\""));
            if (!started.find()) throw new IOException("no session was started");
            session = started.group(1);
            until(began, () -> ask("GET", poll(), "", "\"nonces\""));
        } finally {
            node.destroyForcibly().waitFor();
        }
    }

    private Start start() throws Exception {
        long began = System.nanoTime();
        Process node = node();
        try {
            until(began, this::connects);
            Mark connected = mark(began, node);
            until(began, () -> ask("GET", "/health/live", "", "HTTP/1.1 200"));
            Mark live = mark(began, node);
            until(began, () -> ask("GET", poll(), "", "\"nonces\""));
            return new Start(connected, live, mark(began, node));
        } finally {
            node.destroyForcibly().waitFor();
        }
    }

    /** A poll that takes nothing away; it waits for what there will be, while the first results are computed. */
    private String poll() {
        return "/api/v1/delegation/batch/" + session + "?after=0&wait=5";
    }

    private Process node() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(checkout.resolve("bignode").toString(), "serve");
        builder.environment().putAll(java.util.Map.of(
                "DELEGATION_HOST", "127.0.0.1", "DELEGATION_PORT", Integer.toString(port), "DELEGATION_DATA_DIR", folder.resolve("data").toString(),
                "DELEGATION_AUTH_TOKEN", TOKEN, "DELEGATION_DEVICES", "cpu", "DELEGATION_SESSION_SECONDS", "86400"));
        builder.redirectErrorStream(true).redirectOutput(folder.resolve("log").toFile());
        return builder.start();
    }

    private interface Try {
        void run() throws IOException;
    }

    private void until(long began, Try attempt) throws Exception {
        while (true) {
            try {
                attempt.run();
                return;
            } catch (IOException e) {
                // not yet
            }
            if (System.nanoTime() - began > LIMIT_NANOS) throw new IOException("it did not start: " + Files.readString(folder.resolve("log")));
            Thread.sleep(5);
        }
    }

    private void connects() throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), 1000);
        }
    }

    /** Reads an answer until it holds what is wanted, or is none of success: older servers leave the connection open whatever is asked of them. */
    private String ask(String method, String path, String body, String wanted) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write((method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer " + TOKEN
                    + "\r\nContent-Type: application/json\r\nContent-Length: " + bytes.length + "\r\n\r\n" + body).getBytes(StandardCharsets.UTF_8));
            StringBuilder answer = new StringBuilder();
            byte[] read = new byte[8192];
            for (int count = socket.getInputStream().read(read); count >= 0; count = socket.getInputStream().read(read)) {
                answer.append(new String(read, 0, count, StandardCharsets.ISO_8859_1));
                if (answer.indexOf(wanted) >= 0) return answer.toString();
                if (answer.length() > 12 && !answer.substring(0, 12).endsWith(" 200")) break;
            }
            throw new IOException("no " + wanted + " in " + answer);
        }
    }

    /** The process's own processor time and that of what it waited for: the launcher becomes the node. */
    private static Mark mark(long began, Process node) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + node.pid() + "/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        long ticks = 0;
        for (int i = 11; i <= 14; i++) ticks += Long.parseLong(fields[i]);
        return new Mark((System.nanoTime() - began) / 1e9, ticks / 100.0);
    }

    private void delete() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(file);
        }
    }
}
