package io.bignode.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.bignode.cli.terminal.Finding;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
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
}
