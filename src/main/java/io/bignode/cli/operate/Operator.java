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
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options and requests of the commands with which an operator speaks to a running head. */
class Operator {
    /** The footer of each of these commands. */
    static final String TOKEN_HINT =
            "%nThe command sends the join token, from DELEGATION_JOIN_TOKEN or, for a head on this machine, from its data folder.%n";

    private static final Duration ANSWER_TIME = Duration.ofSeconds(20);

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init")
    private CommandSpec command;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private NodeConnection node;

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
        URI base = node.base();
        Map<String, String> environment = CommandEnvironment.of(command);
        HttpRequest request = NodeConnection.request(base, path, token(environment), ANSWER_TIME)
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build();
        try (HttpClient client = node.client(environment)) {
            HttpResponse<byte[]> response = client.send(request, BoundedAnswer.handler());
            if (response.statusCode() != 200) throw refused(base, response, refusals);
            JsonNode answer = Documents.json().readTree(response.body());
            if (answer.has(field)) return answer;
            throw CommandException.environment("the server at " + base + " is not a big node, because its answer has no " + field
                    + ": name the head with --url");
        } catch (JsonProcessingException e) {
            throw CommandException.environment("the server at " + base + " is not a big node, because its answer is not JSON: name the head with --url");
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
                .orElse("the server at " + base + " answers with HTTP status " + status
                        + " and is not a big node: if it is a proxy, check that it reaches the head; otherwise name the head with --url"));
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

    /** The same for commands that show what the head answers. */
    static final class View extends Operator {
        @Spec(Spec.Target.MIXEE)
        @SuppressWarnings("NullAway.Init")
        private CommandSpec command;

        @Option(names = "--json", description = "Prints JSON, for programs.")
        private boolean json;

        /** Whether a program reads it. */
        boolean json() {
            return json;
        }

        /** Where it is printed. */
        PrintWriter out() {
            return command.commandLine().getOut();
        }
    }
}
