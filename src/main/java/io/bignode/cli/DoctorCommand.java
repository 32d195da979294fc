package io.bignode.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.config.DeviceSettings;
import io.bignode.config.InvalidSettingsException;
import io.bignode.config.Settings;
import io.bignode.engine.Detection;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bignode doctor}: whether a node could run here, on which devices, and what stands in its way. */
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = {
            "Looks at this machine and at the settings in the environment as `serve` would, and says what is well, what is not, and what mends it.",
            "Nothing is changed. Ends with 0 when a node could start here, with 1 when a check failed.",
            "With --join it looks at what a worker of this host needs; DELEGATION_JOIN_TOKEN and DELEGATION_WORKER_NAME are as for bignode worker."
        })
final class DoctorCommand implements Callable<Integer> {
    @Option(names = "--json", description = "Print the findings as JSON.")
    private boolean json;

    @Option(names = "--peer", paramLabel = "URL", description = "A web server whose clock is right; this host's is compared with its answer's Date.")
    private @Nullable URI peer;

    @Option(names = "--join", paramLabel = "HOST:PORT", description = "Look at what keeps a worker of this host from that head, instead of at what a head needs.")
    private @Nullable String join;

    @Option(names = "--fingerprint", paramLabel = "SHA256", description = "With --join: the head's certificate, as for bignode worker.")
    private @Nullable String fingerprint;

    private final Map<String, String> environment;
    private final Function<DeviceSettings, Detection> look;

    /** Looks at this very machine. */
    DoctorCommand() {
        this(System.getenv(), settings -> Devices.look(settings).detection());
    }

    /**
     * Looks at a machine as it is told.
     *
     * @param environment the process's environment variables
     * @param look        looks for GPUs
     */
    DoctorCommand(Map<String, String> environment, Function<DeviceSettings, Detection> look) {
        this.environment = Map.copyOf(environment);
        this.look = look;
    }

    @Override
    public Integer call() {
        if (fingerprint != null && join == null) throw CommandException.usage("--fingerprint belongs to --join HOST:PORT, which is missing");
        List<Finding> findings = new ArrayList<>(HostChecks.run());
        findings.add(ClockChecks.run(Optional.ofNullable(peer)));
        if (join != null) {
            findings.addAll(JoinChecks.run(environment, join, Optional.ofNullable(fingerprint)));
        } else {
            settings(findings).ifPresent(settings -> {
                findings.addAll(ServerChecks.run(settings));
                findings.addAll(TrustChecks.run(settings, environment));
            });
        }
        Optional<DeviceChecks.Outcome> devices = deviceSettings().map(settings -> DeviceChecks.run(settings, look));
        devices.ifPresent(outcome -> findings.addAll(outcome.findings()));
        boolean well = findings.stream().noneMatch(finding -> finding.verdict() == Finding.Verdict.FAIL);
        if (json) {
            System.out.println(document(well, findings, devices));
        } else {
            findings.forEach(System.out::println);
        }
        return well ? ExitCode.OK : ExitCode.CHECK_FAILED;
    }

    private Optional<Settings> settings(List<Finding> findings) {
        try {
            Settings settings = Settings.preview(environment);
            findings.add(Finding.ok("settings", "all of them can be used"));
            return Optional.of(settings);
        } catch (InvalidSettingsException invalid) {
            invalid.faults().forEach(fault -> findings.add(Finding.fail("settings", fault.toString())));
            return Optional.empty();
        }
    }

    /** The devices' settings, which may be sound where others are not; their faults are among those of the whole. */
    private Optional<DeviceSettings> deviceSettings() {
        try {
            return Optional.of(DeviceSettings.load(environment));
        } catch (InvalidSettingsException told) {
            return Optional.empty();
        }
    }

    private static ObjectNode document(boolean well, List<Finding> findings, Optional<DeviceChecks.Outcome> devices) {
        ObjectNode document = JsonNodeFactory.instance.objectNode().put("ok", well);
        ArrayNode checks = document.putArray("checks");
        for (Finding finding : findings) {
            checks.addObject()
                    .put("check", finding.check())
                    .put("verdict", finding.verdict().name().toLowerCase(Locale.ROOT))
                    .put("message", finding.message());
        }
        devices.ifPresent(outcome -> describe(outcome, document.putObject("devices")));
        return document;
    }

    private static void describe(DeviceChecks.Outcome outcome, ObjectNode devices) {
        Detection detection = outcome.detection();
        ArrayNode computing = devices.putArray("computing");
        outcome.computing().forEach(computing::add);
        devices.put("driver", detection.driver().orElse(null));
        devices.put("problem", detection.problem().orElse(null));
        ArrayNode libraries = devices.putArray("libraries");
        detection.libraries().forEach(libraries::add);
        ArrayNode gpus = devices.putArray("gpus");
        for (Detection.Found gpu : detection.gpus()) {
            gpus.addObject()
                    .put("id", gpu.id())
                    .put("name", gpu.name())
                    .put("memory_bytes", gpu.memoryBytes())
                    .put("compute_capability", gpu.computeCapability())
                    .put("pci_bus_id", gpu.pciBusId())
                    .put("uuid", gpu.uuid())
                    .put("used", gpu.notUsedBecause().isEmpty())
                    .put("not_used_because", gpu.notUsedBecause().orElse(null));
        }
    }
}
