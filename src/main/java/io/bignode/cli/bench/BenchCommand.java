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
            "With --html it writes a page that compares this run with earlier ones. Each earlier run is a file with the output of --json."
        })
public final class BenchCommand implements Callable<Integer> {
    @Option(
            names = "--params",
            paramLabel = "SET",
            defaultValue = "test-net",
            description = "The model: main-net, test-net, dev-net, or a JSON file with params (${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init")
    private String set;

    @Option(names = "--seconds", paramLabel = "S", defaultValue = "20", description = "How many seconds to compute (${DEFAULT-VALUE}).")
    private int seconds;

    @Option(names = "--batch", paramLabel = "N", description = "The number of nonces in a batch. Without it, as many as fill the device.")
    private int batch;

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
        ModelParams params = params();
        try (Engine engine = LocalDevice.choose(CommandEnvironment.of(spec))) {
            LocalDevice.require(engine, params);
            Measurement.Figures figures = new Measurement(engine, params, batch, seconds).run();
            ObjectNode document = asJson(figures);
            System.out.print(json ? document + System.lineSeparator() : asTable(figures, params));
            if (html != null) {
                runs.addFirst(BenchRun.read("this run", document));
                report(runs);
            }
        }
        return ExitCode.OK;
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
            case "main-net" -> new ModelParams(1792, 64, 64, 64, 8196, 10.0, 8192, 1e-5, 10_000, false, 256);
            case "test-net" -> new ModelParams(1024, 32, 32, 32, 8196, 10.0, 2048, 1e-5, 10_000, false, 128);
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

    private static String asTable(Measurement.Figures f, ModelParams params) {
        return String.format(
                Locale.ROOT, """
                device                    %s
                nonces                    %.4g /s (%d in batches of %d)
                forward pass              %.1f GFLOP/s, %.0f %% of the device's own matrix products (%.1f GFLOP/s)
                device busy               %.1f %% of the time
                weight pool               %.1f million normals/s
                first nonce               %.2f s after the start: pool %.2f, %s, forward %.2f
                memory                    %.2f GiB resident%s
                """,
                f.device(), f.noncesPerSecond(), f.nonces(), f.batch(), f.flops() / 1e9, 100 * f.share(), f.matrixFlops() / 1e9,
                100 * f.deviceBusyShare(), params.poolSize() / f.poolSeconds() / 1e6, f.coldSeconds(), f.poolSeconds(), parts(f), f.firstSeconds(),
                f.residentGib(), f.peakDeviceBytes() < 0 ? ""
                        : String.format(Locale.ROOT, ", %.2f GiB of the device's", f.peakDeviceBytes() / (double) (1L << 30)));
    }

    private static String parts(Measurement.Figures f) {
        return f.openingSeconds().entrySet().stream()
                .map(part -> String.format(Locale.ROOT, "%s %.2f", part.getKey(), part.getValue()))
                .collect(Collectors.joining(", "));
    }

    private ObjectNode asJson(Measurement.Figures f) {
        ObjectNode figures = JsonNodeFactory.instance
                .objectNode()
                .put("device", f.device())
                .put("params", set)
                .put("batch", f.batch())
                .put("nonces", f.nonces())
                .put("nonces_per_second", f.noncesPerSecond())
                .put("tflops", f.flops() / 1e12)
                .put("matrix_tflops", f.matrixFlops() / 1e12)
                .put("share", f.share())
                .put("device_busy_share", f.deviceBusyShare())
                .put("peak_device_bytes", f.peakDeviceBytes())
                .put("resident_gib", f.residentGib());
        ObjectNode cold = figures.putObject("cold_start").put("pool_seconds", f.poolSeconds());
        f.openingSeconds().forEach((part, seconds) -> cold.put(part + "_seconds", seconds));
        cold.put("first_forward_seconds", f.firstSeconds()).put("total_seconds", f.coldSeconds());
        return figures;
    }
}
