package io.bignode.cli.serve;

import io.bignode.config.Setting;
import io.bignode.log.LineStyle;
import io.bignode.log.LogLines;
import io.bignode.node.EarlyPort;
import io.bignode.node.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A node that serves one tiny session on a loopback port and ends. The launcher runs it while the JVM notes what it loads, and keeps that as the
 * ahead-of-time cache with which later starts are quicker. It needs no network and leaves nothing outside the folder it is given.
 */
public final class TrainingRun {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Pattern SESSION = Pattern.compile("\"session_id\"\\s*:\\s*\"([^\"]+)\"");
    private static final String ORDER = """
            {"node_id": 0, "node_count": 1, "block_hash": "A1B2C3D4", "block_height": 7, "public_key": "training", "batch_size": 100, "r_target": 2,
             "fraud_threshold": 1e-7, "params": {"dim": 64, "n_layers": 2, "n_heads": 4, "n_kv_heads": 4, "vocab_size": 512, "ffn_dim_multiplier": 1.3,
             "multiple_of": 64, "norm_eps": 1e-5, "rope_theta": 10000.0, "use_scaled_rope": false, "seq_len": 8}}
            """;

    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Instant deadline = Instant.now().plus(LIMIT);
    private final String token = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong()) + "-of-a-training-run";
    private final int port;

    private TrainingRun(int port) {
        this.port = port;
    }

    /**
     * Makes the run.
     *
     * @param args an empty folder for the node's data
     */
    public static void main(String[] args) throws Exception {
        LogLines.write(LineStyle.PLAIN, false);
        TrainingRun run = new TrainingRun(freePort());
        Map<String, String> environment = Map.of(
                Setting.AUTH_TOKEN.variable(), run.token,
                Setting.HOST.variable(), "127.0.0.1",
                Setting.PORT.variable(), Integer.toString(run.port),
                Setting.DATA_DIR.variable(), Path.of(args[0]).toAbsolutePath().toString(),
                Setting.DEVICES.variable(), "cpu");
        PrintWriter err = new PrintWriter(System.err, true, System.err.charset());
        Thread.ofPlatform().daemon().name("serve").start(() -> System.exit(Serve.execute(err, environment, EarlyPort.take(environment), EarlyPort.NO_MLNODES)));
        run.exercise();
        System.exit(ExitCode.OK); // the node ends as one that is told to stop
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private void exercise() throws IOException, InterruptedException {
        await("GET", "/health", "", "ready");
        Matcher session = SESSION.matcher(send("POST", "/api/v1/delegation/start", ORDER));
        if (!session.find()) throw new IOException("no session was started");
        await("GET", "/api/v1/delegation/batch/" + session.group(1) + "?wait=5", "", "nonces");
        send("GET", "/api/v1/delegation/sessions", "");
        send("DELETE", "/api/v1/delegation/session/" + session.group(1), "");
    }

    /** Asks until the answer holds a text. */
    private void await(String method, String path, String body, String text) throws IOException, InterruptedException {
        while (true) {
            try {
                if (send(method, path, body).contains(text)) return;
            } catch (ConnectException e) {
                // it does not listen yet
            }
            if (Instant.now().isAfter(deadline)) throw new IOException(path + " never answered with " + text);
            Thread.sleep(50);
        }
    }

    private String send(String method, String path, String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .timeout(LIMIT)
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }
}
