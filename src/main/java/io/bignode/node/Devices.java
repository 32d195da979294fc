package io.bignode.node;

import io.bignode.config.DeviceChoice;
import io.bignode.config.DeviceSettings;
import io.bignode.config.Setting;
import io.bignode.engine.Detection;
import io.bignode.engine.DeviceException;
import io.bignode.engine.DeviceMemoryException;
import io.bignode.engine.Engine;
import io.bignode.engine.cpu.CpuEngine;
import io.bignode.engine.cuda.CudaOptions;
import io.bignode.engine.cuda.Gpus;
import io.bignode.engine.cuda.OwnFfn;
import io.bignode.engine.cuda.Tuning;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * This host's devices, as the operator chose them.
 *
 * @param engines   one for each device that is used, not yet prepared; none where the operator wants none
 * @param detection the GPUs that were found, used or not
 * @param notice    the warning that the CPU computes, and why; empty where GPUs do, or where the CPU was asked for
 */
public record Devices(List<Engine> engines, Detection detection, Optional<String> notice) {

    /**
     * Looks for devices.
     *
     * @throws CommandException when the settings name a GPU that is not there or cannot be used, or the CPU cannot compute and is to
     */
    public static Devices of(DeviceSettings settings) {
        DeviceChoice choice = settings.choice();
        if (choice.kind() == DeviceChoice.Kind.NONE) {
            Detection none = new Detection(List.of(), Optional.empty(), List.of(), Optional.of(Setting.DEVICES + " is none"));
            return new Devices(List.of(), none, Optional.empty());
        }
        if (choice.kind() == DeviceChoice.Kind.CPU) {
            // The driver is not loaded where no GPU is wanted.
            Detection none = new Detection(List.of(), Optional.empty(), List.of(), Optional.of(Setting.DEVICES + " is cpu"));
            return new Devices(List.of(cpu()), none, Optional.empty());
        }
        Gpus gpus = look(settings);
        Detection detection = gpus.detection();
        requireAll(choice, detection);
        if (!gpus.engines().isEmpty()) return new Devices(gpus.engines(), detection, Optional.empty());
        return new Devices(List.of(cpu()), detection, Optional.of(noGpu(detection)));
    }

    private static Engine cpu() {
        CpuEngine.unusable().ifPresent(reason -> {
            throw CommandException.environment(reason);
        });
        return new CpuEngine();
    }

    /** Looks for GPUs without using any. */
    public static Gpus look(DeviceSettings settings) {
        return Gpus.look(new CudaOptions(
                settings.cudaLibraries(), settings.cudaEnvironments(), settings.choice()::includes, settings.gpuMemoryBytes(), settings.kernelsDir(),
                switch (settings.hopperFfn()) {
                    case AUTO -> OwnFfn.WHERE_FASTER;
                    case ON -> OwnFfn.ALWAYS;
                    case OFF -> OwnFfn.NEVER;
                },
                true, Optional.of(Tuning.of(settings.tuningDir())), () -> StopHook.endProcess(ExitCode.DEVICE_LOST)));
    }

    /**
     * Looks for GPUs, and has those that would be used prove themselves, all at a time. One that deviates, cannot be opened or has no memory left for the test is
     * reported as not used.
     */
    public static Detection prove(DeviceSettings settings) {
        Gpus gpus = look(settings);
        Map<String, String> reasons = new ConcurrentHashMap<>();
        List<Thread> tests = gpus.engines().stream()
                .map(engine -> Thread.ofPlatform().name(engine.device().id() + "-test")
                        .start(() -> fault(engine).ifPresent(reason -> reasons.put(engine.device().id(), reason))))
                .toList();
        try {
            for (Thread test : tests) test.join();
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new DeviceException("interrupted while the devices were tested", stop);
        }
        return gpus.detection().without(reasons);
    }

    private static Optional<String> fault(Engine engine) {
        try (engine) {
            List<String> deviations = engine.prove();
            return deviations.isEmpty() ? Optional.empty() : Optional.of("it does not compute as it should: " + String.join("; ", deviations));
        } catch (DeviceMemoryException taken) {
            return Optional.of("its memory is taken, so that it could not be tested (" + taken.getMessage() + "); nvidia-smi shows by whom: a node that is"
                    + " running takes it as well");
        } catch (DeviceException broken) {
            return Optional.of("it failed its test: " + broken.getMessage());
        }
    }

    /** The warning where the CPU computes although nobody asked for it. */
    public static String noGpu(Detection detection) {
        return "NO GPU IS USED, the CPU computes: " + why(detection) + ". If this is intended, set " + Setting.DEVICES + "=cpu.";
    }

    private static String why(Detection detection) {
        return detection.problem().orElseGet(() -> String.join("; ", detection.gpus().stream()
                .map(gpu -> gpu.id() + ": " + gpu.notUsedBecause().orElse("used"))
                .toList()));
    }

    /**
     * Refuses a start where a named GPU cannot be used: without it the operator would lose its share of an epoch.
     *
     * @throws CommandException when a GPU that the choice names is not there or cannot be used
     */
    public static void requireAll(DeviceChoice choice, Detection detection) {
        for (String name : choice.names()) {
            List<Detection.Found> meant = detection.gpus().stream()
                    .filter(gpu -> DeviceChoice.matches(name, gpu.ordinal(), gpu.uuid()))
                    .toList();
            if (meant.isEmpty()) {
                throw CommandException.environment(Setting.DEVICES + " names " + name + ", which is not among this host's GPUs ("
                        + (detection.gpus().isEmpty() ? why(detection) : String.join(", ", detection.gpus().stream().map(Detection.Found::id).toList())) + ")");
            }
            for (Detection.Found gpu : meant) {
                gpu.notUsedBecause().ifPresent(reason -> {
                    throw CommandException.environment(Setting.DEVICES + " names " + name + ", which cannot be used: " + reason);
                });
            }
        }
    }
}
