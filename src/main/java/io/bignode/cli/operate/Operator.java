package io.bignode.cli.operate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.cli.terminal.CommandEnvironment;
import io.bignode.cli.terminal.Documents;
import io.bignode.config.InvalidSettingsException;
import io.bignode.config.Setting;
import io.bignode.config.Settings;
import io.bignode.config.Token;
import io.bignode.node.CommandException;
import io.bignode.node.tls.TrustedAuthorities;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options and requests of the commands with which an operator speaks to a running head. */
class Operator {
    /** The footer of each of these commands. */
    static final String TOKEN_HINT =
            "%nThe token is the join token, from DELEGATION_JOIN_TOKEN or, for a head on this machine, from its data folder.%n";

    private static final Duration ANSWER_TIME = Duration.ofSeconds(20);

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init")
    private CommandSpec command;

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
     * @param field  what a head's answer to that has at least
     * @throws CommandException when it refuses or cannot be reached, or what answers is no head
     */
    JsonNode ask(String method, String path, String field) throws InterruptedException {
        return ask(method, path, field, Map.of());
    }

    /**
     * The same, with words of the caller's own for some refusals.
     *
     * @param refusals what to tell instead of what the head says, by HTTP status
     */
    JsonNode ask(String method, String path, String field, Map<Integer, String> refusals) throws InterruptedException {
        URI base = NodeUrl.checked(url);
        HttpRequest request = HttpRequest.newBuilder(URI.create(base + "/api/v1" + path))
                .timeout(ANSWER_TIME)
                .header("Authorization", "Bearer " + token(CommandEnvironment.of(command)).secret())
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build();
        try (HttpClient client = client(base)) {
            HttpResponse<byte[]> response = client.send(request, BoundedAnswer.handler());
            if (response.statusCode() != 200) throw refused(base, response, refusals);
            JsonNode answer = Documents.json().readTree(response.body());
            if (answer.has(field)) return answer;
            throw CommandException.environment("what answers at " + base + " is no big node, its answer has no " + field + ": name the head with --url");
        } catch (JsonProcessingException e) {
            throw CommandException.environment("what answers at " + base + " is no big node, its answer is no JSON: name the head with --url");
        } catch (IOException e) {
            throw CommandException.environment("no head answers at " + base + ": " + ConnectionFault.describe(base, e));
        }
    }

    private static CommandException refused(URI base, HttpResponse<byte[]> response, Map<Integer, String> refusals) {
        int status = response.statusCode();
        Optional<String> detail = BoundedAnswer.detail(response.body());
        if (status == 401 && detail.isPresent()) {
            return CommandException.environment("the head at " + base
                    + " does not know this join token (401): set " + Setting.JOIN_TOKEN + " to the head's, which is in the file join-token of its data folder");
        }
        // Another program's 404 is none of the head's.
        if (detail.isPresent() && refusals.containsKey(status)) return CommandException.environment(refusals.get(status));
        return CommandException.environment(detail.map(why -> "the head refuses (" + status + "): " + why)
                .orElse("what answers at " + base + " says HTTP status " + status
                        + " and is no big node: is that a proxy before it that does not reach it? Otherwise name the head with --url"));
    }

    private HttpClient client(URI base) {
        HttpClient.Builder builder = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(10));
        if (authority == null) {
            new HeadAddress(CommandEnvironment.of(command)).trust(base).ifPresent(builder::sslContext);
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
                    .orElseThrow(() -> CommandException.environment("no join token: set " + Setting.JOIN_TOKEN + " to the head's, which is in the file"
                            + " join-token of its data folder"));
        } catch (InvalidSettingsException invalid) {
            throw CommandException.settings(invalid);
        }
    }
}
