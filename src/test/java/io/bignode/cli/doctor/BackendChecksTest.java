package io.bignode.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.bignode.cli.terminal.Finding;
import io.bignode.config.Settings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BackendChecksTest {
    @Test
    void aBackendThatSomebodyElseHasGenerateIsAWarning() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 8);
        byte[] answer = "{\"data\": [{\"id\": \"org/model\"}], \"status\": \"GENERATING\"}".getBytes(StandardCharsets.UTF_8);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        server.start();
        URI there = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
        List<Finding> found = BackendChecks.run(List.of(there));
        server.stop(0);
        assertThat(found).singleElement().satisfies(finding -> {
            assertThat(finding.verdict()).isEqualTo(Finding.Verdict.WARN);
            assertThat(finding.message()).contains("serves org/model", "generates for somebody else", "gets no leases until that ends");
        });
    }

    @Test
    void eachBackendIsAskedForItsModelAndOneThatIsAwayIsAWarning() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 8);
        byte[] models = "{\"data\": [{\"id\": \"org/model\"}]}".getBytes(StandardCharsets.UTF_8);
        server.createContext("/", exchange -> {
            boolean health = exchange.getRequestURI().getPath().equals("/health");
            exchange.sendResponseHeaders(200, health ? -1 : models.length);
            if (!health) exchange.getResponseBody().write(models);
            exchange.close();
        });
        server.start();
        URI there = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
        List<Finding> found = BackendChecks.run(List.of(there));
        server.stop(0);
        assertThat(found).containsExactly(Finding.ok("backends", "vllm:0 at " + there + " serves org/model"));

        List<Finding> away = BackendChecks.run(List.of(there));
        assertThat(away).singleElement().satisfies(finding -> {
            assertThat(finding.verdict()).isEqualTo(Finding.Verdict.WARN);
            assertThat(finding.message()).contains("vllm:0 at " + there, "cannot be reached", "DELEGATION_BACKENDS");
        });
        assertThat(BackendChecks.run(List.of())).isEmpty();
    }

    private static Finding inference(String... settings) throws Exception {
        Map<String, String> environment = new HashMap<>(Map.of(
                "DELEGATION_AUTH_TOKEN", "a-token-of-enough-characters", "DELEGATION_DATA_DIR", "/nonexistent/data", "DELEGATION_MLNODE", "on"));
        for (int i = 0; i < settings.length; i += 2) environment.put(settings[i], settings[i + 1]);
        return BackendChecks.inference(Settings.preview(environment)).getFirst();
    }

    @Test
    void whoAnswersInferenceIsToldAndThatNobodyDoesIsAWarning() throws Exception {
        assertThat(inference().verdict()).isEqualTo(Finding.Verdict.WARN);
        assertThat(inference().message()).contains("DELEGATION_INFERENCE_URL", "DELEGATION_BACKENDS");
        assertThat(inference("DELEGATION_BACKENDS", "http://127.0.0.1:5001").message()).contains("this host's backends");
        try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String url = "http://127.0.0.1:" + closed.getLocalPort();
            closed.close();
            Finding away = inference("DELEGATION_INFERENCE_URL", url);
            assertThat(away.verdict()).isEqualTo(Finding.Verdict.WARN);
            assertThat(away.message()).contains(url, "cannot be reached");
        }
    }
}
