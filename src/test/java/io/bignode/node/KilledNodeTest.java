package io.bignode.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bignode.fixtures.Golden;
import io.bignode.fixtures.Program;
import io.bignode.fixtures.Waiting;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole node that is killed ({@code kill -9}) again and again while a small node polls it. */
@Timeout(240)
class KilledNodeTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TOKEN = "a-token-of-the-test-alone";
    private static final int KILLS = 4;

    @TempDir
    Path folder;

    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final TreeMap<Long, Double> received = new TreeMap<>();
    private int port;
    private Process node;
    private String session;
    private long cursor;

    @BeforeEach
    void findAPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
    }

    @AfterEach
    void end() throws InterruptedException {
        if (node != null) node.destroyForcibly().waitFor();
        client.close();
    }

    private void startNode() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(Program.command(List.of("-Xmx1g"), "io.bignode.Main", List.of("serve")));
        builder.environment().put("DELEGATION_AUTH_TOKEN", TOKEN);
        builder.environment().put("DELEGATION_HOST", "127.0.0.1");
        builder.environment().put("DELEGATION_PORT", Integer.toString(port));
        builder.environment().put("DELEGATION_DATA_DIR", folder.toString());
        builder.redirectErrorStream(true);
        node = builder.start();
        Process started = node;
        List<String> lines = new ArrayList<>();
        BufferedReader out = new BufferedReader(new InputStreamReader(started.getInputStream(), StandardCharsets.UTF_8));
        for (String line = out.readLine(); ; line = out.readLine()) {
            if (line == null) throw new AssertionError("it did not start: " + lines);
            lines.add(line);
            if (line.contains("listening on")) break;
        }
        Thread.ofVirtual().start(() -> out.lines().forEach(_ -> {}));
    }

    private void kill() throws InterruptedException {
        node.destroyForcibly().waitFor();
    }

    private JsonNode answer(String path, String method, String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/v1/delegation/" + path))
                .header("Authorization", "Bearer " + TOKEN)
                .timeout(Duration.ofSeconds(30))
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    /** Stored batches are served from the first moment on; a new session needs a device, which is found a little later. */
    private void awaitADevice() throws IOException, InterruptedException {
        HttpRequest health = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/health")).timeout(Duration.ofSeconds(30)).build();
        Waiting.until("a device is found", () -> client.send(health, HttpResponse.BodyHandlers.discarding()).statusCode() == 200);
    }

    private void startSession() throws IOException, InterruptedException {
        awaitADevice();
        session = answer("start", "POST", Golden.order().toString()).get("session_id").asText();
        cursor = 0;
    }

    private boolean poll(int wait) throws IOException, InterruptedException {
        JsonNode answer = answer("batch/" + session + "?wait=" + wait + "&after=" + cursor, "GET", "");
        for (JsonNode batch : answer.get("batches")) {
            for (int i = 0; i < batch.get("nonces").size(); i++) {
                long nonce = batch.get("nonces").get(i).asLong();
                assertThat(received.put(nonce, batch.get("dist").get(i).asDouble())).as("nonce %d delivered twice", nonce).isNull();
            }
        }
        cursor = answer.get("cursor").asLong();
        return answer.get("session_active").asBoolean();
    }

    private void pollForEver() throws IOException, InterruptedException {
        while (true) poll(5);
    }

    @Test
    @Tag("full")
    void everyNonceArrivesOnceHoweverOftenTheHeadIsKilled() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        startNode();
        startSession();
        for (int i = 0; i < KILLS; i++) {
            int wanted = received.size() + 1 + random.nextInt(400);
            Process victim = node;
            while (received.size() < wanted) poll(5);
            // Sometimes between polls, sometimes in the middle of one, which breaks off; no poll broke off before.
            if (random.nextBoolean()) {
                Thread.ofVirtual().start(victim::destroyForcibly);
                assertThatThrownBy(this::pollForEver).isInstanceOf(IOException.class);
            }
            kill();
            startNode();
            assertThat(answer("sessions", "GET", "").get("sessions").get(session).get("status").asText()).isIn("initializing", "generating");
        }
        answer("session/" + session, "DELETE", "");
        while (poll(5)) {}
        long highest = received.lastKey();
        // What was leased when a head was killed, and dropped at the end, is a gap: the order goes on there.
        startSession();
        while (received.headMap(highest, true).size() <= highest) poll(5);
        assertThat(received.headMap(highest, true)).hasSize((int) highest + 1);
        System.out.printf("%d heads killed, %d nonces received once each%n", KILLS, received.size());
    }
}
