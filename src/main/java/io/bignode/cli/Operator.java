package io.bignode.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.config.InvalidSettingsException;
import io.bignode.config.Settings;
import io.bignode.config.Token;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options and requests of the commands with which an operator speaks to a running head. */
final class Operator {
    /** The footer of each of these commands. */
    static final String TOKEN_HINT =
            "%nThe token is the join token, from DELEGATION_JOIN_TOKEN or, for a head on this machine, from its data folder.%n";

    private static final Duration ANSWER_TIME = Duration.ofSeconds(20);

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "The head (${DEFAULT-VALUE})")
    @SuppressWarnings("NullAway.Init")
    private URI url;

    @Option(names = "--ca", paramLabel = "FILE", description = "Certificates to trust besides the usual ones, PEM")
    private @Nullable Path authority;

    /**
     * Asks the head.
     *
     * @param method GET or POST
     * @param path   below {@code /api/v1}
     * @throws CommandException when it refuses or cannot be reached
     */
    JsonNode ask(String method, String path) throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url.toString().replaceAll("/+$", "") + "/api/v1" + path))
                .timeout(ANSWER_TIME)
                .header("Authorization", "Bearer " + token(System.getenv()).secret())
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build();
        try (HttpClient client = client()) {
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            JsonNode answer = Documents.json().readTree(response.body());
            if (response.statusCode() == 200) return answer;
            throw CommandException.environment("the head refuses (" + response.statusCode() + "): " + answer.path("detail").asText("no reason given"));
        } catch (IOException e) {
            throw CommandException.environment("no head answers at " + url + ": " + e.getMessage());
        }
    }

    private HttpClient client() {
        HttpClient.Builder builder = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10));
        if (authority == null) {
            new HeadAddress(System.getenv()).trust(url).ifPresent(builder::sslContext);
            return builder.build();
        }
        try {
            return builder.sslContext(TrustedAuthorities.with(authority)).build();
        } catch (InvalidSettingsException invalid) {
            throw CommandException.settings(invalid);
        }
    }

    private static Token token(Map<String, String> environment) {
        try {
            return Settings.operatorToken(environment)
                    .orElseThrow(() -> CommandException.environment("no join token: set DELEGATION_JOIN_TOKEN to the head's, which is in the file"
                            + " join-token of its data folder"));
        } catch (InvalidSettingsException invalid) {
            throw CommandException.settings(invalid);
        }
    }
}
