package io.bignode.cli.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.cli.compute.LocalDevice;
import io.bignode.cli.terminal.CommandEnvironment;
import io.bignode.cli.terminal.Documents;
import io.bignode.engine.Engine;
import io.bignode.json.InvalidDocumentException;
import io.bignode.json.JsonFields;
import io.bignode.node.CommandException;
import io.bignode.node.ExitCode;
import io.bignode.node.FileFault;
import io.bignode.poc.ModelParams;
import io.bignode.poc.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bignode bench}: how fast this machine's device computes nonces. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = {
            "Measures nonces per second, and which share of its matrix library's own rate the device reaches with them, side by side in one run.",
            "A batch of nonces is always computed whole: if one takes longer than --seconds, the command does too.",
            "With --json the figures of the cold start go to standard error as soon as they are known, so that a run that is ended early leaves them.",
            "With --html it writes a page that compares this run with earlier ones. Each earlier run is a file with the output of --json."
        })
public final class BenchCommand implements Callable<Integer> {
    private static final double SPRINT_SECONDS = 300;
    private static final double JOULES_PER_KWH = 3.6e6;

    @Option(
            names = "--params",
            paramLabel = "SET",
            defaultValue = "test-net",
            description = "The model: main-net, test-net, dev-net, or a JSON file with params (${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init")
    private String set;

    @Option(names = "--seconds", paramLabel = "S", defaultValue = "20", description = "How many seconds to compute (${DEFAULT-VALUE}).")
    private int seconds;

    @Option(
            names = "--product",
            paramLabel = "N",
            defaultValue = "8192",
            description = "The rows and columns of the square product that a GPU is held against. Smaller ones do not fill a large GPU (${DEFAULT-VALUE}).")
    private int product;

    @Option(names = "--batch", paramLabel = "N", description = "The number of nonces in a batch. Without it, as many as fill the device.")
    private int batch;

    @Option(
            names = "--r-target",
            paramLabel = "R",
            defaultValue = "1.4013564660458173",
            description = "The distance below which a nonce counts, for the count of valid nonces (${DEFAULT-VALUE}).")
    private double rTarget;

    @Option(names = "--json", description = "Prints the figures as JSON.")
    private boolean json;

    @Option(names = "--html", paramLabel = "FILE", description = "Writes a report with a table and plots, as one page that needs no other file.")
    private @Nullable Path html;

    @Option(names = "--only-report", description = "Measures nothing and reports only the given runs; used with --html.")
    private boolean onlyReport;

    @Parameters(paramLabel = "RUN.json", arity = "0..*", description = "Earlier runs to compare with in the report, of this device or of other devices.")
    private List<Path> earlier = List.of();

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (html == null && (onlyReport || !earlier.isEmpty())) throw CommandException.usage("earlier runs are compared in a report: add --html FILE");
        if (onlyReport && earlier.isEmpty()) throw CommandException.usage("--only-report needs files of earlier runs");
        // Read before anything is measured, which takes long.
        List<BenchRun> runs = new ArrayList<>();
        for (Path file : earlier) runs.add(BenchRun.read(file));
        if (onlyReport) {
            report(runs);
            return ExitCode.OK;
        }
        if (seconds < 1 || batch < 0) {
            throw CommandException.usage("--seconds must be at least 1 and --batch at least 0");
        }
        if (product < 8 || product > 1 << 16) throw CommandException.usage("--product must be from 8 to 65536");
        if (!(rTarget > 0 && rTarget <= 2)) throw CommandException.usage("--r-target must be above 0 and at most 2");
        ModelParams params = params();
        try (Engine engine = LocalDevice.choose(CommandEnvironment.of(spec))) {
            LocalDevice.require(engine, params);
            Measurement.Figures figures = new Measurement(engine, params, batch, seconds, product).run(this::started);
            ObjectNode document = asJson(figures, params);
            System.out.print(json ? document + System.lineSeparator() : asTable(figures, params));
            if (html != null) {
                runs.addFirst(BenchRun.read("this run", document));
                report(runs);
            }
        }
        return ExitCode.OK;
    }

    private void started(Measurement.ColdStart cold) {
        if (!json) return;
        ObjectNode start = JsonNodeFactory.instance.objectNode().put("device", cold.device()).put("params", set);
        start.set("cold_start", asJson(cold));
        System.err.println(start);
    }

    private void report(List<BenchRun> runs) {
        Path file = Objects.requireNonNull(html);
        try {
            Files.writeString(file, BenchReport.of(runs, "Made at " + Instant.now().truncatedTo(ChronoUnit.SECONDS)));
            System.err.println("The report is in " + file + ".");
        } catch (IOException unwritable) {
            throw CommandException.environment(file + " cannot be written: " + FileFault.reason(unwritable));
        }
    }

    private ModelParams params() {
        return switch (set) {
            case "main-net" -> ModelParams.MAIN_NET;
            case "test-net" -> ModelParams.TEST_NET;
            case "dev-net" -> new ModelParams(512, 16, 16, 16, 8192, 1.3, 1024, 1e-5, 500_000, false, 4);
            default -> params(Path.of(set));
        };
    }

    private static ModelParams params(Path file) {
        try {
            JsonFields fields = JsonFields.of(Documents.read(file));
            ModelParams params = ModelParams.read(fields.object("params"));
            fields.check();
            return params;
        } catch (InvalidDocumentException invalid) {
            throw Documents.faulty(file, invalid);
        }
    }

    private String asTable(Measurement.Figures f, ModelParams params) {
        Measurement.ColdStart cold = f.cold();
        return String.format(
                Locale.ROOT, """
                device                    %s
                nonces                    %.4g /s (%d in batches of %d)
                valid nonces              %.0f a sprint of five minutes, with r_target %s%s
                forward pass              %.1f GFLOP/s, %.0f %% of the device's own matrix products (%.1f GFLOP/s)
                device busy               %.1f %% of the time
                weight pool               %.1f million normals/s
                first nonce               %.2f s after the start: pool %.2f, %s, forward %.2f
                memory                    %.2f GiB resident%s
                """,
                cold.device(), f.noncesPerSecond(), f.nonces(), f.batch(), validPerSprint(f, params), rTarget, energy(f, params), f.flops() / 1e9,
                100 * f.share(), f.matrixFlops() / 1e9, 100 * f.deviceBusyShare(), params.poolSize() / cold.poolSeconds() / 1e6, cold.totalSeconds(),
                cold.poolSeconds(), parts(cold), cold.firstSeconds(), f.residentGib(),
                f.peakDeviceBytes() < 0 ? "" : String.format(Locale.ROOT, ", %.2f GiB of the device's", f.peakDeviceBytes() / (double) (1L << 30)));
    }

    private double validPerSprint(Measurement.Figures f, ModelParams params) {
        return f.noncesPerSecond() * SPRINT_SECONDS * Target.shareBelow(rTarget, params.vocabSize());
    }

    private double kwhPerThousand(double watts, Measurement.Figures f, ModelParams params) {
        double validPerSecond = validPerSprint(f, params) / SPRINT_SECONDS;
        return watts / validPerSecond / JOULES_PER_KWH * 1000;
    }

    private String energy(Measurement.Figures f, ModelParams params) {
        if (f.watts().isEmpty()) return "";
        double watts = f.watts().getAsDouble();
        return String.format(Locale.ROOT, "; %.0f W, %.3f kWh per 1,000", watts, kwhPerThousand(watts, f, params));
    }

    private static String parts(Measurement.ColdStart cold) {
        return cold.openingSeconds().entrySet().stream()
                .map(part -> String.format(Locale.ROOT, "%s %.2f", part.getKey(), part.getValue()))
                .collect(Collectors.joining(", "));
    }

    private ObjectNode asJson(Measurement.Figures f, ModelParams params) {
        ObjectNode figures = JsonNodeFactory.instance
                .objectNode()
                .put("device", f.cold().device())
                .put("params", set)
                .put("batch", f.batch())
                .put("nonces", f.nonces())
                .put("nonces_per_second", f.noncesPerSecond())
                .put("r_target", rTarget)
                .put("valid_nonces_per_sprint", validPerSprint(f, params));
        if (f.watts().isPresent()) {
            double watts = f.watts().getAsDouble();
            figures.put("watts", watts).put("kwh_per_1000_valid", kwhPerThousand(watts, f, params));
        }
        figures.put("tflops", f.flops() / 1e12)
                .put("matrix_tflops", f.matrixFlops() / 1e12)
                .put("share", f.share())
                .put("device_busy_share", f.deviceBusyShare())
                .put("peak_device_bytes", f.peakDeviceBytes())
                .put("resident_gib", f.residentGib());
        figures.set("cold_start", asJson(f.cold()));
        return figures;
    }

    private static ObjectNode asJson(Measurement.ColdStart start) {
        ObjectNode cold = JsonNodeFactory.instance.objectNode().put("pool_seconds", start.poolSeconds());
        start.openingSeconds().forEach((part, seconds) -> cold.put(part + "_seconds", seconds));
        return cold.put("first_forward_seconds", start.firstSeconds()).put("total_seconds", start.totalSeconds());
    }
}
