package io.bignode.cli.compute;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.cli.terminal.CommandEnvironment;
import io.bignode.config.Setting;
import io.bignode.engine.DeviceException;
import io.bignode.engine.Engine;
import io.bignode.node.ExitCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bignode selftest}: whether this machine's devices compute what they should. */
@Command(
        name = "selftest",
        mixinStandardHelpOptions = true,
        description = {
            "Has every device compute known results: on a GPU each kernel by itself and a small model, on the CPU the small model.",
            "A node does the same with each GPU before it takes work, and uses none that deviates. It ends with 1 when a device deviates or fails."
        })
public final class SelftestCommand implements Callable<Integer> {
    @Option(
            names = "--device",
            paramLabel = "DEVICES",
            description = "The devices to test, as in DELEGATION_DEVICES: cpu, or GPUs such as 0,2. Without it, those that a node would use.")
    private @Nullable String device;

    @Option(names = "--json", description = "Prints the outcome as JSON.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    private record Tested(String id, double seconds, List<String> deviations) {}

    @Override
    public Integer call() {
        Map<String, String> environment = new HashMap<>(CommandEnvironment.of(spec));
        if (device != null) environment.put(Setting.DEVICES.variable(), device);
        List<Tested> tested = LocalDevice.all(environment).stream().map(SelftestCommand::test).toList();
        System.out.print(json ? document(tested) + System.lineSeparator() : lines(tested));
        return tested.stream().allMatch(outcome -> outcome.deviations().isEmpty()) ? ExitCode.OK : ExitCode.CHECK_FAILED;
    }

    private static Tested test(Engine engine) {
        long begin = System.nanoTime();
        List<String> deviations;
        try (engine) {
            deviations = engine.prove();
        } catch (DeviceException broken) {
            deviations = List.of("it failed: " + broken.getMessage());
        }
        return new Tested(engine.device().id(), (System.nanoTime() - begin) * 1e-9, deviations);
    }

    private static String lines(List<Tested> tested) {
        List<String> lines = new ArrayList<>();
        for (Tested outcome : tested) {
            String took = String.format(Locale.ROOT, "%.2f s", outcome.seconds());
            if (outcome.deviations().isEmpty()) lines.add("ok    " + outcome.id() + " computes as it should (" + took + ")");
            outcome.deviations().forEach(deviation -> lines.add("FAIL  " + outcome.id() + " " + deviation));
        }
        return String.join(System.lineSeparator(), lines) + System.lineSeparator();
    }

    private static ObjectNode document(List<Tested> tested) {
        ObjectNode document = JsonNodeFactory.instance.objectNode();
        ArrayNode devices = document.putArray("devices");
        for (Tested outcome : tested) {
            ArrayNode deviations = devices.addObject().put("id", outcome.id()).put("seconds", outcome.seconds()).putArray("deviations");
            outcome.deviations().forEach(deviations::add);
        }
        return document;
    }
}
