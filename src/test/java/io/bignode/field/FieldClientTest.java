package io.bignode.field;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.bignode.field.FieldClient.End;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules of the field's client, against a node that answers what the test wrote down; when nothing is left, the last answer again. */
@Timeout(60)
class FieldClientTest {
    private static final ObjectNode ORDER = new ObjectMapper().createObjectNode().put("node_id", 1);
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final String STARTED = "200 {\"session_id\":\"s\",\"status\":\"initializing\",\"message\":\"waits\",\"gpu_count\":1}";
    private static final String EMPTY = batches("", "generating", true);
    private static final String BUSY = "503 {\"detail\":\"busy\"}";

    private final Deque<String> answers = new ArrayDeque<>();
    private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
    private HttpServer node;
    private FieldClient client;

    @BeforeEach
    void open() throws IOException {
        node = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        node.createContext("/", this::answer);
        node.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        node.start();
        client = new FieldClient(URI.create("http://127.0.0.1:" + node.getAddress().getPort()), "to&ken", Duration.ofMillis(20));
    }

    @AfterEach
    void close() {
        client.close();
        node.stop(0);
    }

    private synchronized void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " " + body);
        String answer = answers.size() > 1 ? answers.poll() : answers.peek();
        byte[] bytes = answer.substring(4).getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(Integer.parseInt(answer.substring(0, 3)), bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private static String batches(String nonces, String status, boolean active) {
        String batch = "{\"public_key\":\"k\",\"block_hash\":\"b\",\"block_height\":1,\"nonces\":[" + nonces + "],\"dist\":["
                + nonces.replaceAll("\\d+", "1.25")
                + "],\"node_id\":1}";
        return "200 {\"session_id\":\"s\",\"batches\":[" + (nonces.isEmpty() ? "" : batch) + "],\"session_active\":" + active + ",\"status\":\"" + status
                + "\",\"total_batches_generated\":1}";
    }

    private synchronized void say(String... next) {
        answers.clear();
        answers.addAll(List.of(next));
    }

    private void awaitEnd() throws InterruptedException {
        client.await("the end", LONG, it -> it.end() != End.POLLING);
    }

    @ParameterizedTest
    @ValueSource(strings = {BUSY, "401 {\"detail\":\"no\"}", "422 {}", "200 {}", "200 <html>", "204 "})
    void aRefusedStartEndsDelegationForGoodAfterOneRequest(String refusal) throws Exception {
        say(refusal, STARTED, EMPTY);
        client.start(ORDER).chainStops();

        assertThat(client.end()).isEqualTo(End.START_FAILED);
        assertThat(requests).containsExactly("POST /api/v1/delegation/start {\"node_id\":1,\"auth_token\":\"to&ken\",\"callback_url\":null}");
    }

    @Test
    void nineErrorsInARowAreBorneAndAGoodAnswerResetsTheCount() throws Exception {
        say(STARTED, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, batches("7,8", "generating", true), BUSY, BUSY, EMPTY);
        client.start(ORDER).await("good polls", LONG, it -> it.goodPolls() > 3);

        assertThat(client.mostErrorsInARow()).isEqualTo(9);
        assertThat(client.errors()).hasSize(11).contains("503 busy");
        assertThat(client.nonces()).containsOnlyKeys(7L, 8L).containsValue(1.25);
        assertThat(requests.get(1)).isEqualTo("GET /api/v1/delegation/batches/s?auth_token=to%26ken ");
    }

    @ParameterizedTest
    @ValueSource(strings = {BUSY, "200 not JSON", "200 {\"session_id\":\"s\"}", "404 ", "200 "})
    void theTenthErrorInARowEndsIt(String error) throws Exception {
        say(STARTED, EMPTY, error);
        client.start(ORDER);
        awaitEnd();

        assertThat(client.end()).isEqualTo(End.TOO_MANY_ERRORS);
        assertThat(requests).hasSize(12);
        client.chainStops();
        assertThat(requests).as("its container is down").hasSize(12);
    }

    @Test
    void aStatusItDoesNotKnowIsAnError() throws Exception {
        say(STARTED, batches("", "waiting", true));
        client.start(ORDER);
        awaitEnd();
        assertThat(client.errors()).hasSize(10).allMatch(error -> error.equals("unknown status waiting"));
    }

    @Test
    void anInactiveSessionIsTheEndAndItsLastBatchIsTaken() throws Exception {
        say(STARTED, batches("5", "expired", false), EMPTY);
        client.start(ORDER);
        awaitEnd();

        assertThat(client.end()).isEqualTo(End.SESSION_ENDED);
        assertThat(client.nonces()).containsOnlyKeys(5L);
        assertThat(client.errors()).isEmpty();
    }

    @Test
    void theChainsStopEndsASessionThatIsAlive() throws Exception {
        say(STARTED, EMPTY);
        client.start(ORDER).await("a poll", LONG, it -> it.goodPolls() > 0);
        client.chainStops();

        assertThat(client.end()).isEqualTo(End.STOPPED_BY_THE_CHAIN);
        assertThat(requests).last().isEqualTo("POST /api/v1/delegation/stop {\"session_id\":\"s\",\"auth_token\":\"to&ken\"}");
        assertThat(client.stopAccepted()).as("an answer to a poll is none to a stop").isFalse();
    }
}
