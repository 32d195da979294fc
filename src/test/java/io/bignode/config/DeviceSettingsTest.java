package io.bignode.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.bignode.config.DeviceChoice.Kind;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceSettingsTest {
    @TempDir
    Path temp;

    private DeviceChoice choice(String text) throws InvalidSettingsException {
        return DeviceSettings.load(Map.of("HOME", temp.toString(), "DELEGATION_DEVICES", text)).choice();
    }

    @Test
    void everySettingIsRead() throws Exception {
        DeviceSettings settings = DeviceSettings.load(Map.of(
                "DELEGATION_DEVICES", "cuda:1, 3",
                "DELEGATION_MARGIN", "2e-5",
                "DELEGATION_CUDA_LIBRARIES", temp.toString(),
                "CUDA_HOME", temp + "/toolkit",
                "VIRTUAL_ENV", temp + "/venv",
                "CONDA_PREFIX", temp + "/conda",
                "DELEGATION_GPU_MEMORY_GIB", "8",
                "DELEGATION_HOPPER_FFN", "on",
                "HF_HOME", temp + "/hf"));
        assertThat(settings)
                .isEqualTo(new DeviceSettings(
                        new DeviceChoice(Kind.NAMED, List.of("cuda:1", "cuda:3")),
                        2e-5,
                        Optional.of(temp),
                        List.of(temp.resolve("toolkit"), temp.resolve("venv"), temp.resolve("conda")),
                        8L << 30,
                        temp.resolve("hf/bignode/kernels"),
                        temp.resolve("hf/bignode/tuning"),
                        DeviceSettings.HopperFfn.ON,
                        List.of()));
    }

    @Test
    void gpusAreChosenByPlaceOrByUuid() throws Exception {
        assertThat(choice("all").includes(7, "GPU-aaaa")).isTrue();
        assertThat(choice("cpu").includes(0, "GPU-aaaa")).isFalse();
        assertThat(choice("0,2").includes(2, "GPU-aaaa")).isTrue();
        assertThat(choice("0,2").includes(1, "GPU-aaaa")).isFalse();
        assertThat(choice("0,12").includes(1, "GPU-aaaa")).as("cuda:1 is not the beginning of cuda:12").isFalse();
        assertThat(choice("GPU-3f2a").includes(5, "GPU-3f2a1b6c-0000")).isTrue();
        assertThat(choice("MIG-3f2a").includes(5, "GPU-3f2a1b6c-0000")).as("a part of a GPU").isTrue();
        assertThat(choice("GPU-3f2a").includes(5, "GPU-4f2a1b6c-0000")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpu", "0,", "0,0", "0,cuda:0", "-1", "all,0", "GPU-3", "cuda:", "0 1"})
    void aChoiceThatNamesNothingIsRefusedWithTheFix(String text) {
        InvalidSettingsException refused = catchThrowableOfType(InvalidSettingsException.class, () -> choice(text));
        assertThat(refused.faults()).singleElement().satisfies(fault ->
                assertThat(fault.toString()).contains("DELEGATION_DEVICES", "'" + text + "'", "for instance 0,2"));
    }

    @Test
    void allFaultsAreNamedAtOnce() {
        InvalidSettingsException refused = catchThrowableOfType(
                InvalidSettingsException.class,
                () -> DeviceSettings.load(Map.of(
                        "HOME", temp.toString(), "DELEGATION_DEVICES", "?", "DELEGATION_MARGIN", "NaN", "DELEGATION_GPU_MEMORY_GIB", "0", "CUDA_HOME", "~/x",
                                "DELEGATION_HOPPER_FFN", "yes")));
        assertThat(refused.faults()).extracting(InvalidSettingsException.Fault::toString)
                .satisfiesExactlyInAnyOrder(
                        fault -> assertThat(fault).contains("DELEGATION_DEVICES"),
                        fault -> assertThat(fault).contains("DELEGATION_MARGIN", "0.0 to 0.01"),
                        fault -> assertThat(fault).contains("DELEGATION_GPU_MEMORY_GIB"),
                        fault -> assertThat(fault).contains("DELEGATION_HOPPER_FFN", "auto, on or off"),
                        fault -> assertThat(fault).contains("CUDA_HOME"));
    }
}
