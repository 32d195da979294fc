package io.bignode.cli.rehearse;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.bignode.Main;
import io.bignode.cli.rehearse.RehearsalCase.Outcome;
import io.bignode.fixtures.JavaProcess;
import io.bignode.fixtures.Waiting;
import io.bignode.node.ExitCode;
import io.bignode.proof.vllm.RehearsedFarm;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Rehearsals against farms in which one thing is wrong: each is named. */
@Tag("full")
@Timeout(180)
class FaultyFarmTest {
    private static final InstantSource CLOCK = InstantSource.system();
    private static final long USUAL = 5_000_000;

    @TempDir
    private Path folder;

    private static void requireNo(Outcome outcome, String check, String... words) {
        assertThat(outcome.exitCode()).as(outcome.toString()).isEqualTo(ExitCode.CHECK_FAILED);
        assertThat(outcome.lines("FAIL")).as(outcome.toString()).anySatisfy(line -> assertThat(line).startsWith("FAIL  " + check).contains(words));
        assertThat(outcome.out().lines()).anyMatch(line -> line.startsWith("would be counted: no, because of ") && line.contains(check));
    }

    @Test
    void aHeadWithoutABackendIsNamed() throws Exception {
        try (RehearsedFarm farm = new RehearsedFarm(folder, Map.of())) {
            requireNo(RehearsalCase.run(CLOCK, "", "--url", farm.url(), "--model", RehearsedFarm.MODEL), "backends", "NO_BACKENDS", "start vLLM");
        }
    }

    @Test
    void aHeadWithoutTheCallsOfAnMlNodeIsNamed() throws Exception {
        try (RehearsedFarm farm = new RehearsedFarm(folder, Map.of("DELEGATION_MLNODE", "off"), USUAL)) {
            requireNo(RehearsalCase.run(CLOCK, "", "--url", farm.url()), "version", "DELEGATION_MLNODE=on");
        }
    }

    @Test
    void aFullHeadIsNamed() throws Exception {
        try (RehearsedFarm farm = new RehearsedFarm(folder, Map.of("DELEGATION_MAX_SESSIONS", "1"), USUAL)) {
            requireNo(RehearsalCase.run(CLOCK, "", "--url", farm.url(), "--for", "4s"), "room", "as many sessions run as may: 1", "DELEGATION_MAX_SESSIONS");
        }
    }

    @Test
    void aCallbackThatTheNodeDoesNotReachIsNamedThoughItFoundSome() throws Exception {
        try (RehearsedFarm farm = new RehearsedFarm(folder, Map.of("DELEGATION_CALLBACK_HOSTS", "127.0.0.1,unreachable.invalid"), USUAL)) {
            requireNo(RehearsalCase.run(CLOCK, "", "--url", farm.url(), "--for", "5s", "--callback", "unreachable.invalid"), "callback", "artifacts, and none arrived",
                    "http://unreachable.invalid:", "--callback HOST:PORT");
        }
    }

    @Test
    void aSlowBackendIsNamed() throws Exception {
        try (RehearsedFarm farm = new RehearsedFarm(folder, Map.of(), USUAL, USUAL, 20 * USUAL)) {
            Outcome outcome = RehearsalCase.run(CLOCK, "", "--url", farm.url(), "--for", "12s");
            assertThat(outcome.lines("warn")).as(outcome.toString()).anySatisfy(line -> assertThat(line).contains("devices", "vllm:2", "others of its name"));
        }
    }

    @Test
    void backendsWithVectorsThatAreNotFiniteAreNamed() throws Exception {
        try (RehearsedFarm farm = new RehearsedFarm(folder, Map.of(), USUAL, USUAL)) {
            farm.fail(0, "nan");
            farm.fail(1, "nan");
            requireNo(RehearsalCase.run(CLOCK, "", "--url", farm.url(), "--for", "9s"), "gaps", "never came", "NaN");
        }
    }

    @Test
    void anOldVersionIsNamed() throws Exception {
        try (RehearsedFarm farm = new RehearsedFarm(folder, Map.of(), USUAL); OldVersion old = new OldVersion(farm.port())) {
            requireNo(RehearsalCase.run(CLOCK, "0.3.0-SNAPSHOT", "--url", old.url(), "--for", "4s"), "version", "0.2.9", "0.3.0", "update it");
        }
    }

    @Test
    void itDoesNotBeginWhileTheNodeComputesForSomebodyAndStopsNobodyElse() throws Exception {
        try (RehearsedFarm farm = new RehearsedFarm(folder, Map.of(), USUAL)) {
            CompletableFuture<Outcome> first = CompletableFuture.supplyAsync(() -> RehearsalCase.run(CLOCK, "", "--url", farm.url() + "/other", "--for", "8s"));
            Waiting.until("it runs", farm::isBusy);
            Outcome second = RehearsalCase.run(CLOCK, "", "--url", farm.url(), "--for", "4s");
            assertThat(second.exitCode()).isEqualTo(ExitCode.ENVIRONMENT);
            assertThat(second.err()).contains("computes for somebody", "--anyway");
            assertThat(first.get().exitCode()).as(first.get().toString()).isEqualTo(ExitCode.OK);
        }
    }

    @Test
    void ctrlCStopsWhatItBegan() throws Exception {
        try (RehearsedFarm farm = new RehearsedFarm(folder, Map.of(), USUAL);
                JavaProcess process = new JavaProcess(Main.class.getName(), List.of("rehearse", "--url", farm.url()), Map.of(), "64m")) {
            Waiting.until("it runs", farm::isBusy);
            process.signal("INT");
            Waiting.until("its sessions are over", () -> !farm.isBusy());
            process.end(Duration.ofSeconds(30));
            assertThat(process.tail()).doesNotContain("would be counted", RehearsedFarm.TOKEN);
        }
    }

    /** A proxy in front of a head, by which it tells another version. */
    private static final class OldVersion implements AutoCloseable {
        private final HttpClient client = HttpClient.newHttpClient();
        private final HttpServer server;
        private final int head;

        OldVersion(int head) throws IOException {
            this.head = head;
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            server.createContext("/", this::pass);
            server.start();
        }

        String url() {
            return "http://127.0.0.1:" + server.getAddress().getPort() + "/mlnode/" + RehearsedFarm.TOKEN;
        }

        private void pass(HttpExchange exchange) throws IOException {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + head + exchange.getRequestURI()))
                    .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.ofByteArray(exchange.getRequestBody().readAllBytes()));
            String token = exchange.getRequestHeaders().getFirst("Authorization");
            if (token != null) request.header("Authorization", token);
            try {
                HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
                byte[] body = answer.body().replaceFirst("\"version\":\"[^\"]*\"", "\"version\":\"0.2.9\"").getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(answer.statusCode(), body.length);
                exchange.getResponseBody().write(body);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            exchange.close();
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }
}
