package io.bignode.cli.doctor;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.cli.serve.JoinOptions;
import io.bignode.cli.serve.SettingAdvice;
import io.bignode.cli.terminal.CommandEnvironment;
import io.bignode.cli.terminal.Finding;
import io.bignode.config.DeviceSettings;
import io.bignode.config.InvalidSettingsException;
import io.bignode.config.Settings;
import io.bignode.engine.Detection;
import io.bignode.log.StandardStream;
import io.bignode.node.CommandException;
import io.bignode.node.Devices;
import io.bignode.node.ExitCode;
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
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bignode doctor}: whether a node could run here, on which devices, and what stands in its way. */
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = {
            "Checks this machine and the settings in the environment as `serve` would, and says what is well, what is not, and how to correct it.",
            "Every GPU that would be used is opened and computes known results, in a second or two.",
            "It changes nothing. It ends with 0 when a node could start here, and with 1 when a check failed.",
            "With --join, once for each of its heads, it checks what a worker of this host needs; DELEGATION_JOIN_TOKEN and DELEGATION_WORKER_NAME apply as for bignode worker."
        })
public final class DoctorCommand implements Callable<Integer> {
    @Option(names = "--json", description = "Prints the findings as JSON.")
    private boolean json;

    @Option(
            names = "--peer",
            paramLabel = "URL",
            description = "A web server whose clock is right. Doctor compares this host's clock with the header Date of its answer.")
    private @Nullable URI peer;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private JoinOptions options;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    private final Optional<Map<String, String>> given;
    private Map<String, String> environment = Map.of();
    private final Function<DeviceSettings, Detection> look;

    /** Looks at this very machine. */
    DoctorCommand() {
        this.given = Optional.empty();
        this.look = Devices::prove;
    }

    /**
     * Looks at a machine as it is told.
     *
     * @param environment the process's environment variables
     * @param look        looks for GPUs and tests them
     */
    DoctorCommand(Map<String, String> environment, Function<DeviceSettings, Detection> look) {
        this.given = Optional.of(Map.copyOf(environment));
        this.look = look;
    }

    @Override
    public Integer call() {
        if (peer != null && !isWebServer(peer)) throw CommandException.usage("--peer is '" + peer + "'; it must be a URL such as https://node.example.org");
        if (options.hasFingerprintAlone()) {
            throw CommandException.usage("--fingerprint belongs to --join HOST:PORT, which is missing");
        }
        environment = given.orElseGet(() -> CommandEnvironment.of(spec));
        List<Finding> findings = new ArrayList<>(HostChecks.run());
        findings.add(ClockChecks.run(Optional.ofNullable(peer)));
        Finding unpacked = NativeChecks.run(Settings.dataFolder(environment));
        findings.add(unpacked);
        if (options.joins()) {
            findings.addAll(JoinChecks.run(options.over(environment)));
        } else {
            settings(findings).ifPresent(settings -> {
                findings.addAll(ServerChecks.run(settings));
                findings.addAll(TrustChecks.run(settings, environment));
                findings.addAll(BackendChecks.inference(settings));
            });
        }
        Optional<DeviceChecks.Outcome> devices = deviceSettings().map(settings -> DeviceChecks.run(settings, look));
        deviceSettings().ifPresent(settings -> findings.addAll(BackendChecks.run(settings.backends())));
        devices.ifPresent(outcome -> {
            findings.addAll(outcome.findings());
            // Without a folder to unpack it in, OpenBLAS' own loader would leave it in one of its choice.
            if (unpacked.verdict() == Finding.Verdict.OK) findings.addAll(NativeChecks.cpu(outcome.computing().contains("cpu")));
        });
        boolean well = findings.stream().noneMatch(finding -> finding.verdict() == Finding.Verdict.FAIL);
        if (json) {
            System.out.println(document(well, findings, devices));
        } else {
            boolean colour = StandardStream.OUTPUT.takesColour(environment);
            findings.forEach(finding -> System.out.println(finding.shown(colour)));
            System.out.println(summary(findings));
        }
        return well ? ExitCode.OK : ExitCode.CHECK_FAILED;
    }

    private static String summary(List<Finding> findings) {
        long failed = findings.stream().filter(finding -> finding.verdict() == Finding.Verdict.FAIL).count();
        long warned = findings.stream().filter(finding -> finding.verdict() == Finding.Verdict.WARN).count();
        String checks = findings.size() + " checks, " + failed + " failed, " + warned + (warned == 1 ? " warning: " : " warnings: ");
        return checks + (failed > 0 ? "a node would not start here, or could not do its work" : "a node can start here");
    }

    private static boolean isWebServer(URI peer) {
        return ("http".equals(peer.getScheme()) || "https".equals(peer.getScheme())) && peer.getHost() != null;
    }

    private Optional<Settings> settings(List<Finding> findings) {
        try {
            Settings settings = Settings.preview(environment);
            List<String> advice = SettingAdvice.of(settings, environment);
            advice.forEach(odd -> findings.add(Finding.warn("settings", odd)));
            if (advice.isEmpty()) findings.add(Finding.ok("settings", "all settings can be used"));
            return Optional.of(settings);
        } catch (InvalidSettingsException invalid) {
            invalid.faults().forEach(fault -> findings.add(Finding.fail("settings", fault.toString())));
            SettingAdvice.unknown(environment).forEach(odd -> findings.add(Finding.warn("settings", odd)));
            return Optional.empty();
        }
    }

    /** The devices' settings, which may be sound where others are not; their faults are among those of the whole. */
    private Optional<DeviceSettings> deviceSettings() {
        try {
            return Optional.of(DeviceSettings.load(environment));
        } catch (InvalidSettingsException reported) {
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
