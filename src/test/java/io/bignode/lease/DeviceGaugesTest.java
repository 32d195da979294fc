package io.bignode.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.bignode.fixtures.ManualTime;
import io.bignode.protocol.DeviceHealth;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class DeviceGaugesTest {
    private final ManualTime time = new ManualTime();
    private final DeviceGauges gauges = new DeviceGauges(time);

    @Test
    void theShareOfThePeakIsWhatWasComputedOverWhatTheChipCould() {
        gauges.measured(new DeviceHealth("farm/cuda:0", Map.of("peak_operations", 1e15)));
        assertThat(gauges.shareOfPeak("farm/cuda:0")).as("nothing was computed").isEmpty();
        gauges.computed("farm/cuda:0", OptionalDouble.of(5e12), 100, Duration.ofSeconds(1).toNanos());
        assertThat(gauges.shareOfPeak("farm/cuda:0").orElseThrow()).isCloseTo(0.5, within(1e-9));
        gauges.computed("farm/cuda:0", OptionalDouble.of(5e12), 180, Duration.ofSeconds(1).toNanos());
        assertThat(gauges.shareOfPeak("farm/cuda:0").orElseThrow()).as("a running mean").isCloseTo(0.6, within(1e-9));
    }

    @Test
    void aReadingThatIsOldIsNotTold() {
        gauges.measured(new DeviceHealth("farm/cuda:0", Map.of("celsius", 60.0)));
        time.pass(Duration.ofSeconds(14));
        assertThat(gauges.health("farm/cuda:0").orElseThrow().celsius()).hasValue(60);
        time.pass(Duration.ofSeconds(2));
        assertThat(gauges.health("farm/cuda:0")).isEmpty();
    }

    @Test
    void workWhoseSizeNobodyKnowsHasNoShare() {
        gauges.measured(new DeviceHealth("farm/cuda:0", Map.of("peak_operations", 1e15)));
        gauges.computed("farm/cuda:0", OptionalDouble.empty(), 100, 1);
        assertThat(gauges.shareOfPeak("farm/cuda:0")).isEmpty();
    }
}
