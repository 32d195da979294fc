package io.bignode.cli.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.cli.operate.NodeConnection;
import io.bignode.cli.operate.TokenOption;
import io.bignode.cli.terminal.CommandEnvironment;
import io.bignode.cli.terminal.Documents;
import io.bignode.cli.terminal.TimeConverter;
import io.bignode.node.CommandException;
import io.bignode.node.ExitCode;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

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

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Parameters(paramLabel = "REQUEST.json", description = "The order to start, as in the folder examples.")
    @SuppressWarnings("NullAway.Init")
    private Path request;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private NodeConnection bigNode;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private TokenOption token;

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

    @Override
    public Integer call() throws InterruptedException {
        URI base = bigNode.base();
        ObjectNode order = order();
        Map<String, String> environment = CommandEnvironment.of(spec);
        BigNodeClient client = new BigNodeClient(base, token.require(base.getHost(), environment), bigNode.client(environment));
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
}
