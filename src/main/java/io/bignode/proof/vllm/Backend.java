package io.bignode.proof.vllm;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.protocol.Found;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** One vLLM backend and its calls for the proof of compute. Nothing authenticates them, so that a backend is reached on loopback or a private network only. Thread safe. */
final class Backend implements AutoCloseable {
    /** The longest vector that any scheme has, in bytes. */
    static final int MAX_VECTOR_BYTES = 64 << 10;

    private static final Duration CONNECT = Duration.ofSeconds(2);
    private static final Duration LOOK = Duration.ofSeconds(5);

    /** How often a call looks whether it was cancelled. */
    private static final Duration TICK = Duration.ofMillis(250);

    /** What an answer may hold besides its vectors, and for each artifact. */
    private static final int MAX_REST_BYTES = 64 << 10;

    /** The answer to a request as a whole goes to the head in one message. */
    private static final long MAX_REQUEST_BYTES = 2 << 20;

    private static final int MAX_DETAIL = 200;

    private final URI base;
    private final HttpClient client;

    /**
     * A backend at an address; nothing is sent yet.
     *
     * @param base scheme, host and port, and a path where it has one
     */
    Backend(URI base) {
        this.base = base;
        client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT).followRedirects(HttpClient.Redirect.NEVER).build();
    }

    /**
     * What a backend says of itself.
     *
     * @param model      the id of the model that it serves
     * @param generating whether it computes an order without end that somebody gave it by {@code /init/generate}; this program never does
     */
    record State(String model, boolean generating) {}

    /**
     * Looks at the backend: whether it is healthy, which model it serves, and whether somebody else has it generate.
     *
     * @throws BackendException     when it does not answer, serves no model, or has no calls for the proof of compute
     * @throws InterruptedException when interrupted while waiting
     */
    State look() throws InterruptedException {
        String model = model();
        JsonNode status = read(answer(request("/api/v1/pow/status").GET().build(), MAX_REST_BYTES, () -> false).orElseThrow());
        return new State(model, status.path("status").asText().equals("GENERATING"));
    }

    /**
     * The model that the backend serves, if it is healthy.
     *
     * @throws BackendException     when it does not answer, or serves none
     * @throws InterruptedException when interrupted while waiting
     */
    String model() throws InterruptedException {
        HttpRequest health = request("/health").GET().build();
        if (status(health) != 200) throw new BackendException("its health check does not answer 200");
        JsonNode models = read(answer(request("/v1/models").GET().build(), MAX_REST_BYTES, () -> false).orElseThrow());
        JsonNode id = models.path("data").path(0).path("id");
        if (!id.isTextual()) throw new BackendException("/v1/models names no model");
        return id.asText();
    }

    /**
     * Has nonces computed, and waits for it.
     *
     * @param order     what they belong to
     * @param nonces    distinct
     * @param patience  how long the call may take
     * @param cancelled asked often; once true, the call is given up
     * @return the artifacts, in the order of the nonces; a nonce without a finite vector has none. Empty when the call was cancelled.
     * @throws BackendException     when the backend refuses, fails, or answers anything else than these nonces' artifacts
     * @throws InterruptedException when interrupted while waiting
     */
    Optional<Artifacts> generate(VectorOrder order, long[] nonces, Duration patience, BooleanSupplier cancelled) throws InterruptedException {
        return call(body(order, nonces), limit(nonces.length), patience, cancelled).map(answer -> Artifacts.of(answer, nonces));
    }

    /**
     * Has nonces computed again and compared with what was reported of them, as the order's check says, and waits for it.
     *
     * @param nonces those of the check
     * @return a verdict on each nonce; empty when the call was cancelled
     * @throws BackendException     when the backend refuses, fails, or answers no verdict on these nonces
     * @throws InterruptedException when interrupted while waiting
     */
    Optional<List<Found>> check(VectorOrder order, long[] nonces, Duration patience, BooleanSupplier cancelled) throws InterruptedException {
        return call(body(order, nonces), limit(nonces.length), patience, cancelled).map(answer -> Verdicts.of(answer, nonces));
    }

    /**
     * Has one call answered that was asked for as a whole.
     *
     * @return the answer, as the backend wrote it; empty when the call was cancelled
     * @throws BackendException     when the backend refuses, fails, or does not complete it
     * @throws InterruptedException when interrupted while waiting
     */
    Optional<JsonNode> request(VectorOrder order, Duration patience, BooleanSupplier cancelled) throws InterruptedException {
        Optional<JsonNode> answer = call(body(order, new long[0]), MAX_REQUEST_BYTES, patience, cancelled);
        answer.filter(whole -> !whole.path("status").asText().equals("completed")).ifPresent(_ -> {
            throw new BackendException("its answer is not completed");
        });
        return answer;
    }

    private Optional<JsonNode> call(String body, long limit, Duration patience, BooleanSupplier cancelled) throws InterruptedException {
        HttpRequest request = request("/api/v1/pow/generate").timeout(patience).header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)).build();
        return answer(request, limit, cancelled).map(Backend::read);
    }

    private static long limit(int nonces) {
        return MAX_REST_BYTES + nonces * (MAX_VECTOR_BYTES / 3 * 4 + 1024L);
    }

    private static String body(VectorOrder order, long[] nonces) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = VectorJson.MAPPER.createGenerator(text)) {
            json.writeStartObject();
            order.write(json);
            if (order.request().isEmpty()) {
                json.writeFieldName("nonces");
                json.writeArray(nonces, 0, nonces.length);
            }
            json.writeBooleanField("wait", true);
            for (Map.Entry<String, JsonNode> field : order.request().or(order::check).map(ObjectNode::properties).orElse(Set.of())) {
                json.writeObjectField(field.getKey(), field.getValue());
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new IllegalStateException(e); // a StringWriter does not fail
        }
        return text.toString();
    }

    private HttpRequest.Builder request(String path) {
        String text = base.toString();
        return HttpRequest.newBuilder(URI.create((text.endsWith("/") ? text.substring(0, text.length() - 1) : text) + path)).timeout(LOOK);
    }

    private int status(HttpRequest request) throws InterruptedException {
        try {
            return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        } catch (IOException e) {
            throw new BackendException("it cannot be reached: " + reason(e), e);
        }
    }

    /** The body of a 200; empty when the call was cancelled. */
    private Optional<byte[]> answer(HttpRequest request, long limit, BooleanSupplier cancelled) throws InterruptedException {
        CompletableFuture<HttpResponse<byte[]>> call =
                client.sendAsync(request, HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofByteArray(), limit));
        try {
            while (!cancelled.getAsBoolean()) {
                try {
                    HttpResponse<byte[]> response = call.get(TICK.toMillis(), TimeUnit.MILLISECONDS);
                    if (response.statusCode() == 200) return Optional.of(response.body());
                    throw new BackendException("it answers " + response.statusCode() + detail(response.body()));
                } catch (TimeoutException _) {
                    // It is still at work.
                }
            }
            return Optional.empty();
        } catch (ExecutionException e) {
            throw new BackendException("the call failed: " + reason(e.getCause()), e);
        } finally {
            call.cancel(true);
        }
    }

    /** What a refusal says of itself, as far as it is text. */
    private static String detail(byte[] body) {
        try {
            String detail = VectorJson.MAPPER.readTree(body).path("detail").asText("");
            return detail.isEmpty() ? "" : ": " + detail.substring(0, Math.min(MAX_DETAIL, detail.length())).replaceAll("\\p{Cntrl}", " ");
        } catch (IOException _) {
            return ", and its answer is not JSON";
        }
    }

    private static JsonNode read(byte[] answer) {
        try {
            return VectorJson.MAPPER.readTree(answer);
        } catch (IOException e) {
            throw new BackendException("its answer is not JSON", e);
        }
    }

    private static String reason(@Nullable Throwable failure) {
        if (failure == null) return "for an unknown reason";
        String message = failure.getMessage();
        return message == null || message.isEmpty() ? failure.getClass().getSimpleName() : message;
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
