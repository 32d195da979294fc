package io.bignode.cli.doctor;

import io.bignode.cli.terminal.Finding;
import io.bignode.config.DeviceChoice;
import io.bignode.config.DeviceSettings;
import io.bignode.config.Setting;
import io.bignode.engine.Detection;
import io.bignode.engine.DeviceException;
import io.bignode.node.CommandException;
import io.bignode.node.Devices;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/** Doctor's checks of the devices: the driver, CUDA's libraries, every GPU, and what would compute. */
final class DeviceChecks {
    private final DeviceSettings settings;
    private final List<Finding> findings = new ArrayList<>();

    private DeviceChecks(DeviceSettings settings) {
        this.settings = settings;
    }

    /**
     * What the checks found.
     *
     * @param computing names of the devices that a node would use
     */
    record Outcome(List<Finding> findings, Detection detection, List<String> computing) {
        Outcome {
            findings = List.copyOf(findings);
            computing = List.copyOf(computing);
        }
    }

    /**
     * Runs the checks.
     *
     * @param look looks for GPUs and tests them; not called where the CPU alone was chosen
     */
    static Outcome run(DeviceSettings settings, Function<DeviceSettings, Detection> look) {
        if (settings.choice().kind() == DeviceChoice.Kind.CPU) {
            Finding chosen = Finding.ok("devices", "the CPU computes, because " + Setting.DEVICES + " is cpu; doctor did not look for GPUs");
            return new Outcome(List.of(chosen), new Detection(List.of(), Optional.empty(), List.of(), Optional.empty()), List.of("cpu"));
        }
        if (settings.choice().kind() == DeviceChoice.Kind.NONE) {
            Finding none = Finding.ok("devices", settings.backends().isEmpty()
                    ? "this host computes nothing, because " + Setting.DEVICES + " is none; workers on other hosts compute"
                    : "no GPU is used by the node itself, as " + Setting.BACKENDS + " is set and " + Setting.DEVICES + " names none");
            return new Outcome(List.of(none), new Detection(List.of(), Optional.empty(), List.of(), Optional.empty()), List.of());
        }
        return new DeviceChecks(settings).check(detection(settings, look));
    }

    /** A search that broke off found nothing, for a reason. */
    private static Detection detection(DeviceSettings settings, Function<DeviceSettings, Detection> look) {
        try {
            return look.apply(settings);
        } catch (DeviceException broken) {
            return new Detection(List.of(), Optional.empty(), List.of(), Optional.of("the search for GPUs failed: " + broken.getMessage()));
        }
    }

    private Outcome check(Detection detection) {
        detection.driver().ifPresent(version -> findings.add(Finding.ok("driver", version)));
        if (!detection.libraries().isEmpty()) findings.add(Finding.ok("libraries", String.join(", ", detection.libraries())));
        for (Detection.Found gpu : detection.gpus()) findings.add(finding(gpu));
        List<String> computing = detection.gpus().stream().filter(gpu -> gpu.notUsedBecause().isEmpty()).map(Detection.Found::id).toList();
        try {
            Devices.requireAll(settings.choice(), detection);
            if (computing.isEmpty()) {
                findings.add(Finding.warn("devices", Devices.noGpu(detection)));
                computing = List.of("cpu");
            } else {
                findings.add(Finding.ok("devices", "these devices compute: " + String.join(", ", computing)));
            }
        } catch (CommandException named) {
            findings.add(Finding.fail("devices", Objects.requireNonNull(named.getMessage())));
            computing = List.of();
        }
        return new Outcome(findings, detection, computing);
    }

    private Finding finding(Detection.Found gpu) {
        String description = String.format(
                Locale.ROOT, "%s, %.1f GiB, compute capability %s, at %s, %s",
                gpu.name(), HostChecks.gib(gpu.memoryBytes()), gpu.computeCapability(), gpu.pciBusId(), gpu.uuid());
        if (gpu.notUsedBecause().isEmpty()) return Finding.ok(gpu.id(), description);
        String unused = description + "; it is not used: " + gpu.notUsedBecause().get();
        // One that the operator left out is as it should be.
        return settings.choice().includes(gpu.ordinal(), gpu.uuid()) ? Finding.warn(gpu.id(), unused) : Finding.ok(gpu.id(), unused);
    }
}
