package io.bignode.cli.compute;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.cli.terminal.Documents;
import io.bignode.cli.terminal.Progress;
import io.bignode.engine.CancelledException;
import io.bignode.json.Fault;
import io.bignode.json.InvalidDocumentException;
import io.bignode.json.JsonFields;
import io.bignode.poc.ProofCheck;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Judges a file with a proof batch a line. One line is held at a time, and one model. */
final class BatchFile {
    /** What a batch may lack where the order it answers is given beside it. */
    private static final List<String> OF_THE_ORDER = List.of("params", "r_target", "fraud_threshold");

    /** What to do about a batch that lacks them. */
    static final String HINT = "take params, r_target and fraud_threshold from the start request: --order ORDER.json";

    private final Optional<JsonNode> order;
    private final Recomputation device;
    private final Consumer<ObjectNode> faulty;
    private long line;
    private long batches;
    private long malformed;
    private long fraudulent;
    private int n;
    private int invalid;
    private double threshold = 1;

    /**
     * A judge that has read nothing yet.
     *
     * @param order  a start request whose parameters, target and threshold count for batches without their own
     * @param faulty told of each line that is malformed or fraud
     */
    BatchFile(Optional<JsonNode> order, Recomputation device, Consumer<ObjectNode> faulty) {
        this.order = order;
        this.device = device;
        this.faulty = faulty;
    }

    /**
     * Judges every line.
     *
     * @param lines    the file's
     * @param progress told how many bytes were judged
     * @return the summary; {@code ok} only where every line is a batch and no fraud was found, neither in one nor in all together
     */
    ObjectNode judge(BatchLines lines, Progress progress) throws IOException, InterruptedException, CancelledException {
        long reported = 0;
        for (Optional<BatchLines.Line> next = lines.next(); next.isPresent(); next = lines.next()) {
            line++;
            judge(next.get());
            progress.add(lines.bytes() - reported);
            reported = lines.bytes();
        }
        ProofCheck all = ProofCheck.of(n, invalid, threshold);
        boolean well = batches > 0 && malformed == 0 && fraudulent == 0 && !all.fraudDetected();
        return JsonNodeFactory.instance
                .objectNode()
                .put("ok", well)
                .put("lines", line)
                .put("batches", batches)
                .put("malformed_lines", malformed)
                .put("fraudulent_lines", fraudulent)
                .put("n", n)
                .put("n_invalid", invalid)
                .put("probability_honest", all.probabilityHonest())
                .put("fraud_detected", fraudulent > 0 || all.fraudDetected());
    }

    private void judge(BatchLines.Line next) throws InterruptedException, CancelledException {
        if (next.text().isEmpty()) {
            malformed("is longer than " + BatchLines.LONGEST + " bytes");
        } else if (!next.text().get().isBlank()) {
            read(line == 1 ? withoutMark(next.text().get()) : next.text().get());
        }
    }

    /** Editors of some systems begin a file with a byte order mark. */
    private static String withoutMark(String text) {
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }

    private void read(String text) throws InterruptedException, CancelledException {
        JudgedBatch batch;
        try {
            batch = JudgedBatch.read(JsonFields.of(completed(Documents.parse(text))));
        } catch (JsonProcessingException none) {
            malformed("is not JSON: " + Documents.message(none));
            return;
        } catch (InvalidDocumentException wrong) {
            String hint = order.isEmpty() && lacksTheOrder(wrong.faults()) ? "; " + HINT : "";
            malformed(wrong.faults().stream().map(BatchFile::described).collect(Collectors.joining("; ")) + hint);
            return;
        }
        ProofCheck check = batch.check(device.distances(batch.task(), _ -> {}));
        batches++;
        n = Math.addExact(n, batch.task().nonces().size());
        invalid += check.nInvalid();
        threshold = Math.min(threshold, batch.fraudThreshold());
        if (!check.fraudDetected()) return;
        fraudulent++;
        faulty.accept(JsonNodeFactory.instance
                .objectNode()
                .put("line", line)
                .put("fault", "fraud: " + check.nInvalid() + " of " + batch.task().nonces().size() + " nonces do not count")
                .put("probability_honest", check.probabilityHonest()));
    }

    /** Whether a batch lacks what stands in the start request that it answers. */
    static boolean lacksTheOrder(List<Fault> faults) {
        return faults.stream().anyMatch(fault -> OF_THE_ORDER.contains(fault.field()) && fault.message().equals("is required"));
    }

    private static String described(Fault fault) {
        return (fault.field().isEmpty() ? "" : fault.field() + " ") + fault.message();
    }

    private void malformed(String message) {
        malformed++;
        faulty.accept(JsonNodeFactory.instance.objectNode().put("line", line).put("fault", message));
    }

    private JsonNode completed(JsonNode batch) {
        if (order.isEmpty() || !(batch instanceof ObjectNode object)) return batch;
        for (String field : OF_THE_ORDER) {
            JsonNode value = order.get().get(field);
            if (!object.has(field) && value != null) object.set(field, value);
        }
        return object;
    }
}
