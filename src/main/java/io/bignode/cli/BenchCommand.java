package io.bignode.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.engine.CancelledException;
import io.bignode.engine.Distances;
import io.bignode.engine.Engine;
import io.bignode.engine.Model;
import io.bignode.poc.InvalidOrderException;
import io.bignode.poc.JsonFields;
import io.bignode.poc.ModelParams;
import io.bignode.poc.NonceInputs;
import io.bignode.poc.ProofOrder;
import io.bignode.poc.Target;
import io.bignode.poc.WeightPool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bignode bench}: how fast this machine's device computes nonces. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = {
            "Measures nonces a second, and what share of its matrix library's own rate the device reaches with them, side by side in one run.",
            "A batch of nonces is always computed whole: where one takes longer than --seconds, so does the command."
        })
final class BenchCommand implements Callable<Integer> {
    @Option(
            names = "--params",
            paramLabel = "SET",
            defaultValue = "test-net",
            description = "main-net, test-net, dev-net, or a JSON file with params. Default: ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init")
    private String set;

    @Option(names = "--seconds", paramLabel = "S", defaultValue = "20", description = "Time to compute for. Default: ${DEFAULT-VALUE}.")
    private int seconds;

    @Option(names = "--batch", paramLabel = "N", description = "Nonces in a batch. Default: what fills the device.")
    private int batch;

    @Option(names = "--json", description = "Print the figures as JSON.")
    private boolean json;

    private record Figures(
            String device, int batch, long nonces, double noncesPerSecond, double gflops, double ownGflops, double normalsPerSecond,
            double firstBatchSeconds, double residentGib) {

        double share() {
            return gflops / ownGflops;
        }
    }

    @Override
    public Integer call() throws Exception {
        if (seconds < 1 || batch < 0) {
            throw CommandException.usage("--seconds must be at least 1 and --batch at least 0");
        }
        Figures figures = measure(params());
        System.out.print(json ? asJson(figures) + System.lineSeparator() : asTable(figures));
        return ExitCode.OK;
    }

    private Figures measure(ModelParams params) throws InterruptedException, CancelledException {
        ProofOrder order = new ProofOrder("bench", 0, "bench", 0, 2, params);
        try (Engine engine = LocalDevice.open()) {
            LocalDevice.require(engine, params);
            int most = batch == 0 ? engine.maxBatch(params) : Math.min(batch, engine.maxBatch(params));
            long begin = System.nanoTime();
            try (WeightPool pool = LocalDevice.pool(engine, order.blockHash(), params)) {
                double poolSeconds = since(begin);
                try (Model model = engine.open(params, pool)) {
                    Target target = Target.of(order.blockHash(), params.vocabSize());
                    compute(model, order, target, 0, 1);
                    double first = since(begin);
                    Run run = run(model, order, target, most);
                    double resident = residentGib();
                    double own = engine.matrixRate(params, most);
                    double rate = run.nonces / run.seconds;
                    return new Figures(
                            engine.device().name(), most, run.nonces, rate, rate * params.flopsPerNonce() / 1e9, own / 1e9,
                            params.poolSize() / poolSeconds, first, resident);
                }
            }
        }
    }

    private record Run(long nonces, double seconds) {}

    private Run run(Model model, ProofOrder order, Target target, int most) throws CancelledException {
        long start = System.nanoTime();
        long done = 0;
        try (Progress progress = new Progress("computing", seconds, "s", 1)) {
            while (done == 0 || since(start) < seconds) {
                double before = since(start);
                compute(model, order, target, 1 + done, most);
                done += most;
                progress.add(Math.round(since(start)) - Math.round(before));
            }
        }
        return new Run(done, since(start));
    }

    private static void compute(Model model, ProofOrder order, Target target, long first, int count) throws CancelledException {
        List<Long> nonces = LongStream.range(first, first + count).boxed().toList();
        NonceInputs inputs = NonceInputs.draw(order.blockHash(), order.publicKey(), order.params(), nonces);
        Distances.of(model, order, target, inputs, () -> false);
    }

    private ModelParams params() {
        return switch (set) {
            case "main-net" -> new ModelParams(1792, 64, 64, 64, 8196, 10.0, 8192, 1e-5, 10_000, false, 256);
            case "test-net" -> new ModelParams(1024, 32, 32, 32, 8196, 10.0, 2048, 1e-5, 10_000, false, 128);
            case "dev-net" -> new ModelParams(512, 16, 16, 16, 8192, 1.3, 1024, 1e-5, 500_000, true, 4);
            default -> params(Path.of(set));
        };
    }

    private static ModelParams params(Path file) {
        try {
            JsonFields fields = JsonFields.of(Documents.read(file));
            ModelParams params = ModelParams.read(fields.object("params"));
            fields.check();
            return params;
        } catch (InvalidOrderException invalid) {
            throw Documents.faulty(file, invalid);
        }
    }

    private static String asTable(Figures f) {
        return String.format(
                """
                device                    %s
                nonces                    %.4g /s (%d in batches of %d)
                forward pass              %.1f GFLOP/s, %.0f %% of the device's own matrix products (%.1f GFLOP/s)
                weight pool               %.1f million normals/s
                first nonce               %.2f s after the start, pool included
                resident memory           %.2f GiB
                """,
                f.device, f.noncesPerSecond, f.nonces, f.batch, f.gflops, 100 * f.share(), f.ownGflops, f.normalsPerSecond / 1e6,
                f.firstBatchSeconds, f.residentGib);
    }

    private static ObjectNode asJson(Figures f) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("device", f.device)
                .put("batch", f.batch)
                .put("nonces", f.nonces)
                .put("nonces_per_second", f.noncesPerSecond)
                .put("gflops", f.gflops)
                .put("device_gflops", f.ownGflops)
                .put("share", f.share())
                .put("pool_normals_per_second", f.normalsPerSecond)
                .put("first_batch_seconds", f.firstBatchSeconds)
                .put("resident_gib", f.residentGib);
    }

    /** This process' resident memory; NaN where the system does not tell. */
    private static double residentGib() {
        try {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) / (double) (1 << 20))
                    .findFirst()
                    .orElse(Double.NaN);
        } catch (IOException unknown) {
            return Double.NaN;
        }
    }

    private static double since(long nanos) {
        return (System.nanoTime() - nanos) * 1e-9;
    }
}
