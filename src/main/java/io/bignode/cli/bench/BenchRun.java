package io.bignode.cli.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.cli.terminal.Documents;
import io.bignode.json.InvalidDocumentException;
import io.bignode.json.JsonFields;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A run of bench as its report shows it; read from what {@code bignode bench --json} printed.
 *
 * @param name            tells it from the others: a file's name, or the run that was just made
 * @param params          which model, where the run tells it
 * @param device          its name
 * @param batch           nonces in a batch
 * @param noncesPerSecond over the timed part
 * @param tflops          at that rate
 * @param matrixTflops    what the device's matrix library reached alone
 * @param busyShare       share of the timed part in which the device computed
 * @param coldStart       seconds from an order's arrival to its first distance, by part
 */
record BenchRun(
        String name, String params, String device, long batch, double noncesPerSecond, double tflops, double matrixTflops, double busyShare,
        Map<String, Double> coldStart) {
    private static final double MOST = 1e15;
    private static final String SECONDS = "_seconds";

    BenchRun {
        coldStart = Collections.unmodifiableMap(new LinkedHashMap<>(coldStart));
    }

    /** The share of the matrix library's rate that the forward pass reached. */
    double share() {
        return matrixTflops == 0 ? 0 : tflops / matrixTflops;
    }

    /** Reads the file of an earlier run; a file that is not one ends the command with every fault. */
    static BenchRun read(Path file) {
        try {
            return read(String.valueOf(file.getFileName()).replaceFirst("\\.json$", ""), Documents.read(file));
        } catch (InvalidDocumentException invalid) {
            throw Documents.faulty(file, invalid);
        }
    }

    /**
     * Reads a run.
     *
     * @throws InvalidDocumentException with every fault
     */
    static BenchRun read(String name, JsonNode document) throws InvalidDocumentException {
        JsonFields fields = JsonFields.of(document);
        String device = fields.text("device", 200);
        String params = document.has("params") ? fields.text("params", 200) : "";
        long batch = fields.integer("batch", 1, Integer.MAX_VALUE);
        double rate = fields.number("nonces_per_second", 0, true, MOST, null);
        double tflops = fields.number("tflops", 0, true, MOST, null);
        double matrix = fields.number("matrix_tflops", 0, true, MOST, null);
        double busy = fields.number("device_busy_share", 0, true, MOST, null);
        Map<String, Double> cold = new LinkedHashMap<>();
        JsonNode parts = fields.raw("cold_start");
        if (parts == null || !parts.isObject()) {
            fields.fault("cold_start", "must be an object");
        } else {
            for (Map.Entry<String, JsonNode> part : parts.properties()) {
                if (!part.getKey().endsWith(SECONDS)) continue;
                boolean sound = part.getValue().isNumber() && part.getValue().doubleValue() >= 0 && part.getValue().doubleValue() <= MOST;
                if (sound) cold.put(part.getKey().replace(SECONDS, "").replace('_', ' '), part.getValue().doubleValue());
                else fields.fault("cold_start." + part.getKey(), "must be a number of seconds");
            }
        }
        fields.check();
        return new BenchRun(name, params, device, batch, rate, tflops, matrix, busy, cold);
    }

    /** A line for people that tells what was measured. */
    String title() {
        List<String> parts = new ArrayList<>(List.of(name));
        if (!params.isEmpty()) parts.add(params);
        parts.add(device);
        return String.join(" · ", parts);
    }
}
