package io.bignode.cli.rehearse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.bignode.cli.operate.BoundedAnswer;
import io.bignode.cli.operate.ConnectionFault;
import io.bignode.cli.terminal.Documents;
import io.bignode.config.Token;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/** Calls an ML node as the network's node does: JSON without a Content-Type. Compares clocks on the way. Safe for use by several threads. */
final class MlNodeClient {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final HttpClient http;
    private final InstantSource clock;
    private Optional<Duration> ahead = Optional.empty();
    private Duration quickest = Duration.ofDays(1);

    /** A client with a clock of this host. */
    MlNodeClient(HttpClient http, InstantSource clock) {
        this.http = http;
        this.clock = clock;
    }

    Reply get(MlNodeAddress node, String path) throws InterruptedException {
        return send(node, HttpRequest.newBuilder(URI.create(node.base() + path)).GET());
    }

    Reply post(MlNodeAddress node, String path, String body) throws InterruptedException {
        HttpRequest.BodyPublisher publisher = body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body);
        return send(node, HttpRequest.newBuilder(URI.create(node.base() + path)).POST(publisher));
    }

    /** Asks a head for what only a head tells. */
    Reply head(MlNodeAddress node, String path, Token token) throws InterruptedException {
        return send(new MlNodeAddress(node.server(), Optional.of(token)), HttpRequest.newBuilder(URI.create(node.server() + path)).GET());
    }

    /** How much the node's clock is ahead of this host's; empty where it never told its time. The quickest answer counts. */
    synchronized Optional<Duration> ahead() {
        return ahead;
    }

    private Reply send(MlNodeAddress node, HttpRequest.Builder request) throws InterruptedException {
        node.bearer().ifPresent(token -> request.header("Authorization", "Bearer " + token.secret()));
        long began = System.nanoTime();
        try {
            HttpResponse<byte[]> response = http.send(request.timeout(PATIENCE).build(), BoundedAnswer.handler());
            Duration took = Duration.ofNanos(System.nanoTime() - began);
            response.headers().firstValue("Date").ifPresent(date -> compare(date, took));
            return new Reply(response.statusCode(), document(response.body()), BoundedAnswer.detail(response.body()).orElse(""), took);
        } catch (IOException e) {
            String reason = ConnectionFault.describe(node.server(), e);
            return new Reply(0, MissingNode.getInstance(), reason, Duration.ofNanos(System.nanoTime() - began));
        }
    }

    private static JsonNode document(byte[] body) {
        try {
            return Documents.json().readTree(body);
        } catch (IOException none) {
            return MissingNode.getInstance();
        }
    }

    private synchronized void compare(String date, Duration took) {
        if (took.compareTo(quickest) >= 0) return;
        try {
            Instant there = ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
            ahead = Optional.of(Duration.between(clock.instant().minus(took.dividedBy(2)), there));
            quickest = took;
        } catch (DateTimeException odd) {
            // Not a time: another answer may tell it.
        }
    }
}
