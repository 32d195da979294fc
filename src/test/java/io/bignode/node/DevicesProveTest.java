package io.bignode.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.config.DeviceChoice;
import io.bignode.config.DeviceSettings;
import io.bignode.engine.Detection;
import io.bignode.engine.cuda.SimulatedGpu;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What {@code doctor} says of GPUs that cannot be tested. */
@Timeout(120)
class DevicesProveTest {
    @TempDir
    Path folder;

    @Test
    void aGpuWhoseMemoryOthersHaveTakenIsNotCalledUsable() {
        SimulatedGpu machine = SimulatedGpu.with(1, 32L << 20);
        DeviceSettings settings = new DeviceSettings(
                DeviceChoice.ALL, 0, Optional.of(machine.folder()), List.of(), 1L << 50, SimulatedGpu.kernels(), folder, DeviceSettings.HopperFfn.OFF,
                List.of());
        Detection detection = Devices.prove(settings);
        assertThat(detection.gpus()).singleElement().satisfies(gpu -> assertThat(gpu.notUsedBecause()).hasValueSatisfying(
                reason -> assertThat(reason).contains("its memory is taken", "CUDA_ERROR_OUT_OF_MEMORY", "nvidia-smi")));
    }
}
