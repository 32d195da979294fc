package io.bignode.proof.vllm;

import static io.bignode.proof.vllm.BackendNode.MODEL;
import static io.bignode.proof.vllm.BackendNode.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.bignode.fixtures.Waiting;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A head that is an ML node passes calls for inference on to the server that a setting names, or to nobody. */
@Timeout(120)
class MlNodeInferenceUrlTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CHAT = "/v1/chat/completions";

    /** How many calls of a tenant are answered at a time. */
    private static final int MAX_CALLS = 128;

    @TempDir
    Path folder;

    private BackendNode node;

    @AfterEach
    void end() throws Exception {
        node.close();
    }

    private HttpResponse<String> call(String method, String path, String body) throws Exception {
        return node.send(method, "/mlnode" + path, body, TOKEN);
    }

    private String state() throws Exception {
        return node.answer("GET", "/mlnode/api/v1/state", "", TOKEN).get("state").asText();
    }

    private void requireAway(String path, String body, String reason) throws Exception {
        HttpResponse<String> refused = call("POST", path, body);
        assertThat(refused.statusCode()).as(refused.body()).isEqualTo(503);
        assertThat(JSON.readTree(refused.body()).get("detail").asText()).contains(reason);
        assertThat(refused.headers().firstValue("Retry-After")).isPresent();
    }

    private static String chat(String more) {
        return "{\"model\": \"" + MODEL + "\", \"messages\": []" + more + "}";
    }

    @Test
    @Tag("full")
    void aServerThatComesAndGoesIsNoticedAndItsCallsAreLimited() throws Exception {
        StandInBackend server = new StandInBackend(new StandInBackend.Model(MODEL, 1024, 1_000, ""), 0);
        int port = server.port();
        server.close();
        node = new BackendNode(folder, Map.of("DELEGATION_MLNODE", "on", "DELEGATION_INFERENCE_URL", "http://127.0.0.1:" + port + "/"));
        node.start();
        assertThat(state()).isEqualTo("STOPPED");
        requireAway("/api/v1/inference/up", "{\"model\": \"" + MODEL + "\"}", "no server of inference answers");
        assertThat(call("GET", "/v1/models", "").statusCode()).isEqualTo(503);
        requireAway(CHAT, chat(""), "no server of inference answers");

        try (StandInBackend there = new StandInBackend(new StandInBackend.Model(MODEL, 1024, 1_000, ""), port)) {
            Waiting.until("it is noticed", () -> state().equals("INFERENCE"));
            assertThat(call("POST", "/api/v1/inference/up", "{\"model\": \"" + MODEL + "\"}").statusCode()).isEqualTo(200);
            assertThat(call("POST", CHAT, chat("")).statusCode()).isEqualTo(200);
            requireLimited(there);
        }
        Waiting.until("it is missed", () -> state().equals("STOPPED"));
        requireAway(CHAT, chat(""), "no server of inference answers");
    }

    private void requireLimited(StandInBackend there) throws Exception {
        List<CompletableFuture<HttpResponse<String>>> calls = new ArrayList<>();
        try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + "/mlnode" + CHAT))
                    .header("Authorization", "Bearer " + TOKEN).POST(BodyPublishers.ofString(chat(", \"stand_in_millis\": 2000"))).build();
            for (int call = 0; call < MAX_CALLS; call++) calls.add(client.sendAsync(request, BodyHandlers.ofString()));
            Waiting.until("all are being answered", () -> there.inference().running() == MAX_CALLS);
            requireAway(CHAT, chat(""), "calls of yours");
            for (CompletableFuture<HttpResponse<String>> call : calls) assertThat(call.get().statusCode()).isEqualTo(200);
        }
        assertThat(call("POST", CHAT, chat("")).statusCode()).isEqualTo(200);
    }

    @Test
    void whereThereIsNobodyToReachItSaysSo() throws Exception {
        node = new BackendNode(folder, Map.of("DELEGATION_MLNODE", "on"));
        node.start();
        assertThat(state()).isEqualTo("STOPPED");
        assertThat(call("GET", "/v1/models", "").statusCode()).isEqualTo(404);
        requireAway(CHAT, chat(""), "serves no inference");
        requireAway("/api/v1/inference/up", "{\"model\": \"" + MODEL + "\"}", "DELEGATION_INFERENCE_URL");
    }
}
