package io.bignode.proof.vllm;

import static io.bignode.proof.vllm.BackendNode.JOIN_TOKEN;
import static io.bignode.proof.vllm.BackendNode.MODEL;
import static io.bignode.proof.vllm.BackendNode.SEQUENCE;
import static io.bignode.proof.vllm.BackendNode.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bignode.fixtures.CapturedLog;
import io.bignode.fixtures.Waiting;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A head that is an ML node passes calls for inference on to its backends. */
@Timeout(120)
class MlNodeInferenceTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CHAT = "/v1/chat/completions";

    @TempDir
    private static Path folder;

    private static BackendNode node;
    private static HttpClient client;

    @BeforeAll
    static void start() throws Exception {
        client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        node = new BackendNode(folder, Map.of("DELEGATION_MLNODE", "on", "DELEGATION_CALLBACK_HOSTS", "127.0.0.1"));
        node.backend(MODEL, 2_000_000);
        node.backend(MODEL, 2_000_000);
        node.start();
        Waiting.until("both backends are there", () -> body(call("GET", "/api/v1/gpu/devices", "")).get("count").asInt() == 2
                && state().get("inference_healthy").asBoolean());
    }

    @AfterAll
    static void end() throws Exception {
        node.close();
        client.close();
    }

    private static String url(String path) {
        return "http://127.0.0.1:" + node.port() + "/mlnode/" + TOKEN + "/v3.0.16" + path;
    }

    /** As the field calls: no Content-Type. */
    private static HttpResponse<String> call(String method, String path, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url(path))).timeout(Duration.ofSeconds(60))
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body)).build();
        return client.send(request, BodyHandlers.ofString());
    }

    private static JsonNode body(HttpResponse<String> response) throws IOException {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    private static JsonNode state() throws Exception {
        return body(call("GET", "/api/v1/state", ""));
    }

    private static String chat(String more) {
        return "{\"model\": \"" + MODEL + "\", \"messages\": [{\"role\": \"user\", \"content\": \"2 + 2?\"}]" + more + "}";
    }

    private static void requireProblem(HttpResponse<String> response, int status, String text) throws IOException {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(JSON.readTree(response.body()).get("detail").asText()).contains(text);
        assertThat(response.body()).doesNotContain(TOKEN);
    }

    @Test
    void itTellsWhatItServes() throws Exception {
        Waiting.until("no stage of another test runs", () -> state().get("state").asText().equals("INFERENCE"));
        assertThat(state().get("loaded_model").asText()).isEqualTo(MODEL);
        assertThat(body(call("GET", "/v1/models", "")).at("/data/0/id").asText()).isEqualTo(MODEL);
        assertThat(body(call("GET", "/v1/models", "")).get("data")).hasSize(1);
        assertThat(body(call("POST", "/api/v1/inference/up", "{\"model\": \"" + MODEL + "\", \"dtype\": \"auto\"}")).get("status").asText()).isEqualTo("OK");
        requireProblem(call("POST", "/api/v1/inference/up", "{\"model\": \"org/another\"}"), 503, "serves that model");
        requireProblem(call("POST", "/api/v1/inference/up", "{}"), 422, "model");
        assertThat(call("GET", "/health", "").statusCode()).isEqualTo(200);
        assertThat(body(call("GET", "/api/v1/versions", "")).get("version").isTextual()).isTrue();
    }

    @Test
    void tokensArriveAsTheyCome() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url(CHAT)))
                .POST(BodyPublishers.ofString(chat(", \"stream\": true, \"max_tokens\": 5, \"stand_in_millis\": 200"))).build();
        HttpResponse<java.util.stream.Stream<String>> response = client.send(request, BodyHandlers.ofLines());
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("text/event-stream; charset=utf-8");
        List<Long> arrived = new ArrayList<>();
        List<String> lines = response.body().filter(line -> !line.isEmpty()).peek(_ -> arrived.add(System.nanoTime())).toList();
        assertThat(lines).containsExactly("data: {\"token\": 0}", "data: {\"token\": 1}", "data: {\"token\": 2}", "data: {\"token\": 3}", "data: {\"token\": 4}",
                "data: [DONE]");
        assertThat(Duration.ofNanos(arrived.getLast() - arrived.getFirst())).as("from the first token to the last").isGreaterThan(Duration.ofMillis(600));
    }

    @Test
    void nothingOfTheCallerReachesTheServer() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + "/mlnode" + CHAT + "?auth_token=" + TOKEN))
                .header("Authorization", "Bearer " + TOKEN).header("Cookie", "a=b").header("Forwarded", "for=10.1.2.3").header("X-Request-Id", "abc")
                .header("Accept-Encoding", "gzip").header("X-Auth-Token", TOKEN).POST(BodyPublishers.ofString(chat(""))).build();
        JsonNode answer = body(client.send(request, BodyHandlers.ofString()));
        List<String> names = new ArrayList<>();
        answer.get("headers").fieldNames().forEachRemaining(name -> names.add(name.toLowerCase(java.util.Locale.ROOT)));
        assertThat(names).containsExactlyInAnyOrder("host", "connection", "content-type", "content-length", "x-request-id");
        assertThat(answer.toString()).doesNotContain(TOKEN);
    }

    @Test
    void onlyCallsOfInferenceAreMade() throws Exception {
        for (String path : List.of("/v1/../api/v1/pow/stop", "/v1/%2e%2e/api/v1/pow/stop", "/v1/chat/../../health", "/v1/.", "/v1/a;b", "/v1/a//b", "/v1/a%2Fb",
                "/v1/load_lora_adapter")) {
            int status = raw("POST " + "/mlnode/" + TOKEN + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
            assertThat(status).as(path).isIn(400, 404, 401);
        }
        assertThat(call("POST", "/v1/no/such/call", chat("")).statusCode()).as("as the server answers").isEqualTo(404);
        assertThat(node.send("DELETE", "/mlnode" + CHAT, "", TOKEN).statusCode()).isEqualTo(405);
        for (String path : List.of("/api/v1/chat/completions", "/api/v1/models/status")) {
            HttpResponse<String> none = node.send(path.contains("chat") ? "POST" : "GET", "/mlnode/" + TOKEN + path, chat(""), "");
            requireProblem(none, 404, "does not answer this call of an ML node");
        }
        requireProblem(call("POST", CHAT.replace("chat", "load_lora_adapter/x"), "{}"), 404, "");
    }

    private static int raw(String request) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", node.port())) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            String head = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return Integer.parseInt(head.substring(9, 12));
        }
    }

    @Test
    void whoShowsNoTokenIsRefused() throws Exception {
        HttpRequest wrong = HttpRequest.newBuilder(URI.create(url(CHAT).replace(TOKEN, "wrong-token-of-a-stranger"))).POST(BodyPublishers.ofString(chat(""))).build();
        assertThat(client.send(wrong, BodyHandlers.ofString()).statusCode()).isEqualTo(401);
        HttpRequest none = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + "/mlnode" + CHAT)).POST(BodyPublishers.ofString(chat(""))).build();
        assertThat(client.send(none, BodyHandlers.ofString()).statusCode()).isEqualTo(401);
    }

    @Test
    void callsGoToTheLeastBusyServer() {
        Waiting.until("each answers half of the calls, once it is over that one failed in another test", () -> {
            List<CompletableFuture<HttpResponse<String>>> calls = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                HttpRequest request = HttpRequest.newBuilder(URI.create(url(CHAT))).POST(BodyPublishers.ofString(chat(", \"stand_in_millis\": 200"))).build();
                calls.add(client.sendAsync(request, BodyHandlers.ofString()));
            }
            int atFirst = 0;
            for (CompletableFuture<HttpResponse<String>> call : calls) {
                if (body(call.get()).get("port").asInt() == node.backendUrl(0).getPort()) atFirst++;
            }
            return atFirst == 4;
        });
    }

    @Test
    void whatIsTooLargeIsRefused() throws Exception {
        byte[] large = new byte[(16 << 20) + 1];
        HttpRequest announced = HttpRequest.newBuilder(URI.create(url(CHAT))).POST(BodyPublishers.ofByteArray(large)).build();
        assertThat(client.send(announced, BodyHandlers.ofString()).statusCode()).isEqualTo(413);
        HttpRequest inChunks =
                HttpRequest.newBuilder(URI.create(url(CHAT))).POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(large))).build();
        assertThat(client.send(inChunks, BodyHandlers.ofString()).statusCode()).isEqualTo(413);
        String picture = ", \"picture\": \"" + "a".repeat(2 << 20) + "\"";
        body(call("POST", CHAT, chat(picture)));
        HttpRequest pictureInChunks = HttpRequest.newBuilder(URI.create(url(CHAT)))
                .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(chat(picture).getBytes(StandardCharsets.UTF_8)))).build();
        body(client.send(pictureInChunks, BodyHandlers.ofString()));
    }

    @Test
    void whileTheBackendsComputeAStageCallsAreRefused() throws Exception {
        try (StandInParticipant participant = new StandInParticipant("http://127.0.0.1:" + node.port() + "/mlnode/" + TOKEN + "/stage", "stage", 1, 3)) {
            String session = participant.init("ab", 7, MODEL, SEQUENCE).get("session_id").asText();
            HttpResponse<String> refused = call("POST", CHAT, chat(""));
            requireProblem(refused, 503, "compute a stage");
            assertThat(refused.headers().firstValue("Retry-After")).isPresent();
            requireProblem(call("POST", "/api/v1/inference/up", "{\"model\": \"" + MODEL + "\"}"), 503, "compute a stage");
            assertThat(participant.state()).isEqualTo("POW");
            assertThat(state().get("state").asText()).as("of another ML node").isEqualTo("STOPPED");
            assertThat(body(call("GET", "/v1/models", "")).at("/data/0/id").asText()).isEqualTo(MODEL);
            participant.stop();
            assertThat(participant.state()).isEqualTo("INFERENCE");
            body(call("POST", CHAT, chat("")));
            Waiting.until("all is pushed", () -> !node.answer("GET", "/api/v1/delegation/session/" + session, "", TOKEN).get("session_active").asBoolean());
        }
    }

    @Test
    void aServerThatFailsIsToldAndAnotherAnswersTheNextCall() throws Exception {
        requireProblem(call("POST", CHAT, chat(", \"stand_in\": \"drop\"")), 502, "ended the connection without an answer");
        requireProblem(call("POST", CHAT, chat(", \"stand_in\": \"redirect\"")), 502, "redirect");
        requireProblem(call("POST", CHAT, chat(", \"stand_in\": \"key\"")), 502, "key");
        body(call("POST", CHAT, chat("")));
        assertThatThrownBy(() -> call("POST", CHAT, chat(", \"stand_in\": \"cut\", \"stand_in_millis\": 50"))).as("an answer without its end")
                .isInstanceOf(IOException.class);
    }

    @Test
    void noTokenIsLoggedOrCounted() throws Exception {
        try (CapturedLog log = new CapturedLog("io.bignode", Level.ALL)) {
            body(call("POST", CHAT, chat("")));
            requireProblem(call("POST", CHAT, chat(", \"stand_in\": \"drop\"")), 502, "");
            String metrics = node.send("GET", "/metrics", "", JOIN_TOKEN).body();
            assertThat(metrics).contains("/mlnode/{token}/{version}/v1/{call*}").doesNotContain(TOKEN, "completions");
            assertThat(String.join("\n", log.lines())).doesNotContain(TOKEN);
        }
    }
}
