package io.bignode.cli.rehearse;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.cli.operate.NodeConnection;
import io.bignode.cli.operate.TokenOption;
import io.bignode.cli.rehearse.Observed.Farm;
import io.bignode.cli.rehearse.Observed.Look;
import io.bignode.cli.rehearse.Observed.Plan;
import io.bignode.cli.terminal.CommandEnvironment;
import io.bignode.cli.terminal.Finding;
import io.bignode.cli.terminal.Progress;
import io.bignode.cli.terminal.TimeConverter;
import io.bignode.cli.terminal.UrlToken;
import io.bignode.config.Token;
import io.bignode.log.StandardStream;
import io.bignode.node.CommandException;
import io.bignode.node.ExitCode;
import io.bignode.protocol.ProtocolVersion;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bignode rehearse}: a stage of a made-up block, and whether it would have counted. */
@Command(
        name = "rehearse",
        mixinStandardHelpOptions = true,
        description = {
            "Plays a whole stage of the second proof function against an ML node, a head or an agent, as the network's node drives it: looks at it, starts a"
                    + " made-up block for several keys at once, takes the artifacts, stops, has a sample validated, and says whether the stage would be counted.",
            "It is real work of the devices, which real orders do not get meanwhile.",
            "It ends with 0 when the stage would be counted, and with 1 when not."
        },
        footerHeading = "%nThe address is the one in the participant's node list, http://HOST:PORT/mlnode/TOKEN. Without a token in it, the one in"
                + " DELEGATION_AUTH_TOKEN or in --token-file is sent to a head.%n")
public final class RehearseCommand implements Callable<Integer> {
    private static final int MAX_KEYS = 64;
    private static final Duration MIN_TIME = Duration.ofSeconds(2);
    private static final Duration MAX_TIME = Duration.ofMinutes(30);

    /** What follows the stop, as a rule. */
    private static final Duration USUAL_REST = Duration.ofSeconds(5);

    private static final int MAX_SEQUENCE = 1 << 24;

    /** As long as a backend may be busy with chat, and for a leased batch beside it. */
    private static final Duration VERDICT_PATIENCE = Duration.ofSeconds(90);

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private NodeConnection connection;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private TokenOption tokens;

    @Option(names = "--for", paramLabel = "TIME", converter = TimeConverter.class, defaultValue = "60s",
            description = "How long artifacts are taken (${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init")
    private Duration taken;

    @Option(names = "--stage", paramLabel = "TIME", converter = TimeConverter.class, defaultValue = "175s",
            description = "The length of the network's stage, for which the count is estimated (${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init")
    private Duration stage;

    @Option(names = "--keys", paramLabel = "N", defaultValue = "2", description = "How many keys ask at once (${DEFAULT-VALUE}).")
    private int keys;

    @Option(names = "--model", paramLabel = "NAME", description = "The model of the stage. Without it, the one that the node serves.")
    private @Nullable String model;

    @Option(names = "--seq-len", paramLabel = "N", defaultValue = "1024", description = "The length of the stage's sequences (${DEFAULT-VALUE}).")
    private int seqLen;

    @Option(names = "--callback", paramLabel = "HOST[:PORT]",
            description = "Where the node reaches this program. Without it, the address by which this host reaches the node, and a free port.")
    private @Nullable String callback;

    @Option(names = "--nodes", paramLabel = "FILE", description = "The participant's list of ML nodes, which is looked through for entries that collide.")
    private @Nullable Path nodes;

    @Option(names = "--anyway",
            description = "Begins although the node computes a stage for somebody. An ML node that is no head ends that stage as well at the end.")
    private boolean anyway;

    @Option(names = "--json", description = "Prints JSON, for programs.")
    private boolean json;

    private final InstantSource clock;
    private final Optional<String> version;

    /** By this host's clock. */
    RehearseCommand() {
        this(InstantSource.system(), Optional.empty());
    }

    /**
     * A command that is told what it would find out.
     *
     * @param clock   this host's clock
     * @param version this program's version
     */
    RehearseCommand(InstantSource clock, Optional<String> version) {
        this.clock = clock;
        this.version = version;
    }

    @Override
    public Integer call() throws InterruptedException {
        check();
        URI base = connection.base();
        Map<String, String> environment = CommandEnvironment.of(spec);
        Optional<Token> given = tokens.find(base.getHost(), environment);
        try (HttpClient http = connection.client(environment)) {
            MlNodeClient client = new MlNodeClient(http, clock);
            MlNodeAddress node = address(client, base, given);
            Observed observed = rehearse(client, node, given);
            RehearsalReport report = new RehearsalReport(observed, Judgement.of(observed));
            PrintWriter out = spec.commandLine().getOut();
            if (json) out.println(report.document());
            else report.lines(StandardStream.OUTPUT.takesColour(environment)).forEach(out::println);
            out.flush();
            return report.counted() ? ExitCode.OK : ExitCode.CHECK_FAILED;
        }
    }

    private void check() {
        List<String> faults = new ArrayList<>();
        if (keys < 1 || keys > MAX_KEYS) faults.add("--keys is " + keys + "; it must be from 1 to " + MAX_KEYS);
        if (seqLen < 1 || seqLen > MAX_SEQUENCE) faults.add("--seq-len is " + seqLen + "; it must be from 1 to " + MAX_SEQUENCE);
        for (Map.Entry<String, Duration> time : Map.of("--for", taken, "--stage", stage).entrySet()) {
            if (time.getValue().compareTo(MIN_TIME) >= 0 && time.getValue().compareTo(MAX_TIME) <= 0) continue;
            faults.add(time.getKey() + " is " + time.getValue().toSeconds() + "s; it must be from " + MIN_TIME.toSeconds() + "s to " + MAX_TIME.toMinutes() + "m");
        }
        if (!faults.isEmpty()) throw CommandException.usage(String.join(System.lineSeparator(), faults));
    }

    /** An address that names a server alone is an agent's, or a head's, whose ML node stands below a path of its own. */
    private static MlNodeAddress address(MlNodeClient client, URI base, Optional<Token> given) throws InterruptedException {
        MlNodeAddress typed = new MlNodeAddress(base, Optional.empty());
        if (given.isEmpty() || UrlToken.of(base).isPresent()) return typed;
        MlNodeAddress shown = new MlNodeAddress(base, given);
        if (!typed.isBare()) return shown;
        return switch (client.get(typed, "/api/v1/state").status()) {
            case 401, 403 -> shown;
            case 404 -> typed.ofHead(given.get());
            default -> typed;
        };
    }

    private Observed rehearse(MlNodeClient client, MlNodeAddress node, Optional<Token> given) throws InterruptedException {
        List<Finding> findings = nodes == null ? List.of() : NodeList.findings(nodes);
        Look before = Rehearsal.look(client, node);
        String asked = model == null ? before.model().orElse("") : model;
        Observed looked = Observed.ofLook(plan(node, asked, ""), before, client.ahead(), findings);
        if (NodeJudgement.isFinal(looked)) return looked;
        if (!anyway) requireIdle(before, Rehearsal.farm(client, node, given, List.of()));
        CallbackAddress listen = callback != null ? CallbackAddress.of(callback) : CallbackAddress.towards(node.base())
                .orElseThrow(() -> CommandException.environment("this host's address towards the node is not known: name it with --callback HOST"));
        try (Receiver receiver = new Receiver(listen.listen())) {
            URI called = URI.create("http://" + listen.host() + ":" + receiver.port());
            Rehearsal rehearsal = new Rehearsal(client, node, given, plan(node, asked, called.toString()), VERDICT_PATIENCE);
            List<RehearsedKey> all = RehearsedKey.of(run(), keys, asked, seqLen, called);
            return untilInterrupted(rehearsal, () -> {
                try (Progress progress = new Progress("rehearsal", taken.toSeconds() + USUAL_REST.toSeconds(), " s", 1)) {
                    return rehearsal.play(before, all, receiver, progress, findings);
                }
            });
        } catch (IOException e) {
            throw CommandException.environment("callbacks cannot be taken at " + listen.host() + ", port " + listen.listen().getPort() + " ("
                    + e.getMessage() + "): name another port with --callback HOST:PORT");
        }
    }

    private Plan plan(MlNodeAddress node, String asked, String called) {
        return new Plan(node.toString(), version.orElseGet(ProtocolVersion::program), asked, keys, taken, stage, called);
    }

    private static String run() {
        byte[] bits = new byte[8];
        new SplittableRandom().nextBytes(bits);
        return HexFormat.of().formatHex(bits);
    }

    private static void requireIdle(Look before, Farm farm) {
        List<String> busy = new ArrayList<>();
        String status = before.status().text("status");
        if (status.equals("GENERATING") || status.equals("MIXED")) busy.add("its status is " + status);
        else if (before.state().text("state").equals("POW")) busy.add("its state is POW");
        int running = 0;
        for (JsonNode session : farm.overview().body().path("sessions")) {
            if (List.of("initializing", "generating").contains(session.path("status").asText())) running++;
        }
        if (running > 0) busy.add("its overview lists " + running + " sessions that are not over");
        if (busy.isEmpty()) return;
        throw CommandException.environment("the node computes for somebody, whose devices a rehearsal would take (" + String.join(", ", busy)
                + "): wait for its end, or give --anyway");
    }

    /** A stage. */
    @FunctionalInterface
    private interface Stage {
        Observed play() throws InterruptedException;
    }

    /** Ctrl-C ends the sessions that were begun. */
    private static Observed untilInterrupted(Rehearsal rehearsal, Stage stage) throws InterruptedException {
        Thread stopper = Thread.ofPlatform().name("stop").unstarted(() -> {
            try {
                rehearsal.end();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Runtime.getRuntime().addShutdownHook(stopper);
        try {
            return stage.play();
        } finally {
            try {
                Runtime.getRuntime().removeShutdownHook(stopper);
            } catch (IllegalStateException e) {
                // Ctrl-C came: the hook runs
            }
        }
    }
}
