package io.bignode.proof.vllm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * Inference as vLLM answers it, of one model. {@code POST /v1/chat/completions} gives {@code max_tokens} tokens, one each {@code stand_in_millis} milliseconds,
 * as events where {@code stream} is true. An answer that is no stream tells which headers came with the call and how many calls run. {@code stand_in} of the body
 * has it fail: {@code "cut"} ends the connection after half of the tokens, {@code "drop"} before it answers, {@code "redirect"} sends it elsewhere, {@code "key"}
 * asks for a key.
 */
final class StandInInference implements HttpHandler {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String model;
    private final BooleanSupplier computes;
    private final AtomicInteger running = new AtomicInteger();

    /**
     * Answers from now on.
     *
     * @param computes whether a stage is computed, so that chat is refused
     */
    StandInInference(String model, BooleanSupplier computes) {
        this.model = model;
        this.computes = computes;
    }

    /** How many calls are being answered. */
    int running() {
        return running.get();
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        running.incrementAndGet();
        try (exchange) {
            JsonNode body = JSON.readTree(exchange.getRequestBody().readAllBytes());
            if (!exchange.getRequestURI().toString().equals("/v1/chat/completions")) refuse(exchange, 404, "Not Found");
            else if (!exchange.getRequestMethod().equals("POST")) refuse(exchange, 405, "Method Not Allowed");
            else if (!"application/json".equals(exchange.getRequestHeaders().getFirst("Content-Type"))) refuse(exchange, 415, "Unsupported Media Type");
            else if (!body.path("model").asText().equals(model)) refuse(exchange, 404, "The model does not exist.");
            else if (computes.getAsBoolean()) refuse(exchange, 503, "PoC generation in progress");
            else answer(exchange, body);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            running.decrementAndGet();
        }
    }

    private static void refuse(HttpExchange exchange, int status, String detail) throws IOException {
        write(exchange, status, JSON.createObjectNode().put("detail", detail));
    }

    private static void write(HttpExchange exchange, int status, ObjectNode document) throws IOException {
        byte[] answer = JSON.writeValueAsBytes(document);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, answer.length);
        exchange.getResponseBody().write(answer);
    }

    private void answer(HttpExchange exchange, JsonNode body) throws IOException, InterruptedException {
        int tokens = body.path("max_tokens").asInt(4);
        long millis = body.path("stand_in_millis").asLong(0);
        switch (body.path("stand_in").asText()) {
            case "drop" -> exchange.close();
            case "redirect" -> {
                exchange.getResponseHeaders().set("Location", "/elsewhere");
                refuse(exchange, 307, "elsewhere");
            }
            case "key" -> refuse(exchange, 401, "Unauthorized");
            case "cut" -> stream(exchange, tokens / 2, millis, false);
            default -> {
                if (body.path("stream").asBoolean()) stream(exchange, tokens, millis, true);
                else whole(exchange, tokens, millis);
            }
        }
    }

    private static void stream(HttpExchange exchange, int tokens, long millis, boolean whole) throws IOException, InterruptedException {
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream; charset=utf-8");
        // A length that is never reached: the connection ends in the middle.
        exchange.sendResponseHeaders(200, whole ? 0 : 1 << 20);
        OutputStream out = exchange.getResponseBody();
        for (int token = 0; token < tokens; token++) {
            Thread.sleep(millis);
            out.write(("data: {\"token\": " + token + "}\n\n").getBytes(StandardCharsets.UTF_8));
            out.flush();
        }
        if (whole) out.write("data: [DONE]\n\n".getBytes(StandardCharsets.UTF_8));
    }

    private void whole(HttpExchange exchange, int tokens, long millis) throws IOException, InterruptedException {
        Thread.sleep(tokens * millis);
        ObjectNode answer = JSON.createObjectNode().put("object", "chat.completion").put("running", running.get());
        answer.put("port", exchange.getLocalAddress().getPort());
        ObjectNode headers = answer.putObject("headers");
        exchange.getRequestHeaders().forEach((name, values) -> headers.put(name, String.join(",", values)));
        write(exchange, 200, answer);
    }
}
