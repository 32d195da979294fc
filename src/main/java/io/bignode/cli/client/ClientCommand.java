package io.bignode.cli.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.cli.operate.NodeConnection;
import io.bignode.cli.terminal.CommandEnvironment;
import io.bignode.cli.terminal.Documents;
import io.bignode.config.InvalidSettingsException;
import io.bignode.config.Setting;
import io.bignode.config.Settings;
import io.bignode.config.Token;
import io.bignode.node.CommandException;
import io.bignode.node.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code bignode client}: a small node on the command line. */
@Command(
        name = "client",
        mixinStandardHelpOptions = true,
        description =
                "Starts a session on a big node, polls it, prints each proof batch as a line of JSON, and stops the session at the end.",
        footerHeading =
                "%nThe token is the one in DELEGATION_AUTH_TOKEN or in --token-file, or, for a node on this machine, the one in"
                        + " its data folder.%n")
public final class ClientCommand implements Callable<Integer> {
    private static final Duration FOREVER = Duration.ofDays(365);
    private static final int MAX_TOKEN_BYTES = 4096;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Parameters(paramLabel = "REQUEST.json", description = "The order to start, as in the folder examples.")
    @SuppressWarnings("NullAway.Init")
    private Path request;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private NodeConnection bigNode;

    @Option(names = "--token-file", paramLabel = "FILE", description = "A file that holds the big node's token and nothing else.")
    private @Nullable Path tokenFile;

    @Option(
            names = "--for",
            paramLabel = "TIME",
            converter = TimeConverter.class,
            description = "How long the client polls, for instance 90s or 5m. Without it, the client polls until the session ends or until Ctrl-C.")
    private @Nullable Duration time;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "Appends the batches to a file instead of printing them. Each is on disk before it is acknowledged.")
    private @Nullable Path out;

    /** Reads {@code 90s}, {@code 5m}, {@code 1h} or a number of seconds. */
    static final class TimeConverter implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            if (!text.matches("[0-9]{1,6}[smh]?"))
                throw new TypeConversionException("'" + text + "' is not a duration; use for example 90s, 5m or 1h");
            long number = Long.parseLong(text.replaceAll("\\D", ""));
            return switch (text.charAt(text.length() - 1)) {
                case 'h' -> Duration.ofHours(number);
                case 'm' -> Duration.ofMinutes(number);
                default -> Duration.ofSeconds(number);
            };
        }
    }

    @Override
    public Integer call() throws InterruptedException {
        URI base = bigNode.base();
        ObjectNode order = order();
        Map<String, String> environment = CommandEnvironment.of(spec);
        BigNodeClient client = new BigNodeClient(base, token(base.getHost(), environment), bigNode.client(environment));
        PrintWriter err = spec.commandLine().getErr();
        try (BatchOutput output =
                out == null ? BatchOutput.to(spec.commandLine().getOut()) : BatchOutput.appendingTo(out)) {
            SmallNode node = new SmallNode(client, output, line -> {
                err.println(line);
                err.flush();
            });
            return untilInterrupted(node, order);
        } catch (BatchOutput.Failed e) {
            throw CommandException.environment(String.valueOf(e.getMessage()));
        }
    }

    /** Ctrl-C ends the session and takes what it still found. */
    private int untilInterrupted(SmallNode node, ObjectNode order) throws InterruptedException, BatchOutput.Failed {
        Thread stopper = Thread.ofPlatform().name("stop").unstarted(() -> {
            if (node.stopAndWait(Duration.ofSeconds(10))) Runtime.getRuntime().halt(node.hasSession() ? ExitCode.OK : ExitCode.ENVIRONMENT);
        });
        Runtime.getRuntime().addShutdownHook(stopper);
        try {
            node.run(order, time == null ? FOREVER : time);
            return ExitCode.OK;
        } finally {
            forget(stopper);
        }
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // Ctrl-C came: the hook runs and ends the process
        }
    }

    private ObjectNode order() {
        JsonNode document = Documents.read(request);
        if (!(document instanceof ObjectNode order)) throw CommandException.usage(request + " must hold a JSON object");
        order.remove("auth_token"); // the token goes in a header, and only the one that was asked for
        return order;
    }

    private Token token(String host, Map<String, String> environment) {
        try {
            if (tokenFile != null) return read(tokenFile);
            boolean given =
                    !environment.getOrDefault(Setting.AUTH_TOKEN.variable(), "").isBlank();
            // This machine's own token is for nodes on this machine: no other host is shown it.
            Optional<Token> token = given || isThisMachine(host) ? Settings.clientToken(environment) : Optional.empty();
            return token.orElseThrow(() -> CommandException.environment("there is no token for " + host
                    + ": set " + Setting.AUTH_TOKEN + " to the big node's, or give a file that holds it with --token-file"));
        } catch (InvalidSettingsException e) {
            throw CommandException.environment(String.valueOf(e.getMessage()));
        }
    }

    private static boolean isThisMachine(String host) {
        return host.matches("localhost|127\\.[0-9.]+|\\[::1]");
    }

    private static Token read(Path file) {
        try {
            if (Files.isRegularFile(file) && Files.size(file) > MAX_TOKEN_BYTES)
                throw CommandException.usage(file + " is too large to hold a token");
            return Token.ofAnyLength(Files.readString(file).strip());
        } catch (IOException e) {
            throw CommandException.usage(
                    file + " cannot be read: " + e.getClass().getSimpleName());
        } catch (IllegalArgumentException e) {
            throw CommandException.usage("the token in " + file + " " + e.getMessage());
        }
    }
}
