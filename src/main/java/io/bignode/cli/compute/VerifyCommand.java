package io.bignode.cli.compute;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.cli.terminal.CommandEnvironment;
import io.bignode.cli.terminal.Documents;
import io.bignode.cli.terminal.Progress;
import io.bignode.engine.CancelledException;
import io.bignode.json.InvalidDocumentException;
import io.bignode.json.JsonFields;
import io.bignode.node.CommandException;
import io.bignode.node.ExitCode;
import io.bignode.node.FileFault;
import io.bignode.poc.ProofCheck;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bignode verify}: a validator's verdict on proof batches. */
@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        description = {
            "Computes proof batches' nonces again and judges them as the network's validators do.",
            "For one batch it prints n, n_invalid, probability_honest and fraud_detected. For a file with one batch per line (*.ndjson, *.jsonl, - for standard"
                    + " input, or --lines) it prints each faulty line with its number, then a summary."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:no fraud was found",
            "1:fraud was found, a line of the file is not a batch, or the file holds none",
            "2:the file is missing, or its only batch is malformed",
            "3:such a model cannot run on this machine"
        })
public final class VerifyCommand implements Callable<Integer> {
    @Parameters(
            paramLabel = "FILE",
            description = "A proof batch with params, r_target and fraud_threshold beside its own fields, or many batches, one per line.")
    @SuppressWarnings("NullAway.Init")
    private Path file;

    @Option(
            names = "--order",
            paramLabel = "ORDER.json",
            description = "The start request of the session. Values that the batches lack are taken from it.")
    private @Nullable Path order;

    @Option(names = "--lines", description = "Reads one batch per line, whatever the file's name.")
    private boolean lines;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        String name = file.toString();
        return lines || order != null || name.equals("-") || name.endsWith(".ndjson") || name.endsWith(".jsonl") ? all() : one();
    }

    private int one() throws InterruptedException, CancelledException {
        JudgedBatch batch;
        try {
            batch = JudgedBatch.read(JsonFields.of(Documents.read(file)));
        } catch (InvalidDocumentException invalid) {
            CommandException faulty = Documents.faulty(file, invalid);
            throw BatchFile.lacksTheOrder(invalid.faults()) ? CommandException.usage(faulty.getMessage() + System.lineSeparator() + "  " + BatchFile.HINT)
                    : faulty;
        }
        ProofCheck check = batch.check(LocalDevice.distances(batch.task(), CommandEnvironment.of(spec)));
        ObjectNode answer = JsonNodeFactory.instance
                .objectNode()
                .put("n", batch.task().nonces().size())
                .put("n_invalid", check.nInvalid())
                .put("probability_honest", check.probabilityHonest())
                .put("fraud_detected", check.fraudDetected());
        System.out.println(answer);
        return check.fraudDetected() ? ExitCode.CHECK_FAILED : ExitCode.OK;
    }

    private int all() throws InterruptedException, CancelledException {
        Optional<JsonNode> ordered = Optional.ofNullable(order).map(Documents::read);
        boolean standardInput = file.toString().equals("-");
        if (!standardInput && Files.isDirectory(file)) throw CommandException.usage(file + " is a folder: give a file");
        // How much comes through a pipe nobody knows: no bar is shown of it, and it is read to its end.
        boolean endless = standardInput || !Files.isRegularFile(file);
        try (InputStream in = standardInput ? System.in : Files.newInputStream(file);
                Progress progress = new Progress("verify", endless ? 0 : Files.size(file), "KiB", 1024);
                Recomputation device = new Recomputation(CommandEnvironment.of(spec))) {
            BatchLines lines = endless ? new BatchLines(in) : new BatchLines(in, Files.size(file));
            ObjectNode summary = new BatchFile(ordered, device, System.out::println).judge(lines, progress);
            System.out.println(summary);
            return summary.get("ok").booleanValue() ? ExitCode.OK : ExitCode.CHECK_FAILED;
        } catch (NoSuchFileException missing) {
            throw CommandException.usage(file + " does not exist");
        } catch (IOException broken) {
            throw CommandException.usage(file + " cannot be read: " + FileFault.reason(broken));
        }
    }
}
