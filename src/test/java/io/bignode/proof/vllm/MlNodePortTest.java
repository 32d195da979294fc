package io.bignode.proof.vllm;

import static io.bignode.proof.vllm.BackendNode.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.Main;
import io.bignode.fixtures.JavaProcess;
import io.bignode.fixtures.Waiting;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A head, in a process of its own, that answers an ML node's calls at a port of their own. */
@Timeout(120)
class MlNodePortTest {
    @TempDir
    Path folder;

    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void end() {
        client.close();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private JavaProcess head(int port, int own) throws Exception {
        Map<String, String> environment = new HashMap<>(Map.of(
                "DELEGATION_AUTH_TOKEN", TOKEN, "DELEGATION_HOST", "127.0.0.1", "DELEGATION_PORT", Integer.toString(port), "DELEGATION_MLNODE", "on",
                "DELEGATION_MLNODE_PORT", Integer.toString(own), "DELEGATION_DATA_DIR", folder.resolve("data").toString(), "DELEGATION_DEVICES", "none",
                "DELEGATION_WORKER_PORT", "0", "DELEGATION_WORKER_HOST", "127.0.0.1"));
        return new JavaProcess(Main.class.getName(), List.of("serve"), environment, "256m");
    }

    private HttpResponse<String> get(int port, String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).header("Authorization", "Bearer " + TOKEN).build();
        return client.send(request, BodyHandlers.ofString());
    }

    @Test
    void itsCallsAreAnsweredThereAndNowhereElse() throws Exception {
        int port = freePort();
        int own = freePort();
        try (JavaProcess head = head(port, own)) {
            head.await(line -> line.contains("listening on port " + own + " as well"));
            Waiting.until("it serves", () -> get(own, "/health/live").body().contains("live"));
            assertThat(get(own, "/mlnode/" + TOKEN + "/api/v1/state").statusCode()).isEqualTo(200);
            assertThat(get(own, "/mlnode/v3.0.16/api/v1/state").statusCode()).isEqualTo(200);
            assertThat(get(own, "/api/v1/delegation/sessions").statusCode()).isEqualTo(404);
            assertThat(get(own, "/metrics").statusCode()).isEqualTo(404);
            assertThat(get(own, "/").statusCode()).isEqualTo(404);

            assertThat(get(port, "/api/v1/delegation/sessions").statusCode()).isEqualTo(200);
            HttpResponse<String> elsewhere = get(port, "/mlnode/" + TOKEN + "/api/v1/state");
            assertThat(elsewhere.statusCode()).isEqualTo(404);
            assertThat(elsewhere.body()).contains("DELEGATION_MLNODE_PORT").doesNotContain(TOKEN);
        }
    }

    @Test
    void aPortThatIsTakenEndsTheStartAndNamesTheSetting() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                JavaProcess head = head(freePort(), taken.getLocalPort())) {
            head.await(line -> line.contains("cannot listen on 127.0.0.1:" + taken.getLocalPort()) && line.contains("DELEGATION_MLNODE_PORT"));
        }
    }
}
