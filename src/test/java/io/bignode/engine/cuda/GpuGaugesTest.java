package io.bignode.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.engine.Engine;
import io.bignode.engine.Gauges;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a GPU measures of itself, by the simulated management library. */
@Timeout(120)
class GpuGaugesTest {
    @Test
    void aGpuTellsWhatItMeasuresAndNothingOfWhatItHasNoMeterFor() {
        SimulatedGpu machine = SimulatedGpu.with(2, 1L << 30);
        List<Engine> engines = Gpus.look(machine.options(Long.MAX_VALUE)).engines();

        Gauges first = engines.get(0).gauges();
        Gauges second = engines.get(1).gauges();
        engines.forEach(Engine::close);

        assertThat(first.utilisation()).hasValue(0.97);
        assertThat(first.memoryUsedBytes()).hasValue((double) (30L << 30));
        assertThat(first.celsius()).hasValue(60);
        assertThat(first.powerWatts()).hasValue(612.345);
        assertThat(first.powerLimitWatts()).hasValue(700);
        assertThat(first.peakOperations().orElseThrow()).isPositive();
        assertThat(second.utilisation()).as("the second has no load of its own").isEmpty();
        assertThat(second.powerWatts()).isEmpty();
        assertThat(second.celsius()).hasValue(61);
    }

    @Test
    void aPartOfAGpuIsFoundByItsOwnName() {
        SimulatedGpu machine = SimulatedGpu.with(1, 1L << 30);
        NativeLibrary.Places places = NativeLibrary.Places.only(machine.folder());
        var library = ((NativeLibrary.Lookup.Found) NativeLibrary.find(places, "libnvidia-ml.so.1")).library();
        try (GpuGauges part = new GpuGauges(Optional.of(library), "GPU-075a5a5a-5a5a")) {
            assertThat(part.read().celsius()).isPresent();
        }
    }

    @Test
    void withoutTheLibraryAndForAnUnknownGpuNothingIsTold() {
        SimulatedGpu machine = SimulatedGpu.with(1, 1L << 30);
        NativeLibrary.Places places = NativeLibrary.Places.only(machine.folder());
        var library = ((NativeLibrary.Lookup.Found) NativeLibrary.find(places, "libnvidia-ml.so.1")).library();
        try (GpuGauges none = new GpuGauges(Optional.empty(), "GPU-005a5a5a-5a5a");
                GpuGauges unknown = new GpuGauges(Optional.of(library), "GPU-ffffffff-ffff")) {
            assertThat(none.read()).isEqualTo(Gauges.NONE);
            assertThat(unknown.read()).isEqualTo(Gauges.NONE);
        }
    }
}
