package io.bignode.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.lease.DeviceView;
import io.bignode.metrics.Metrics;
import io.bignode.monitor.RecentRate;
import io.bignode.monitor.Work;
import io.bignode.protocol.DeviceHealth;
import io.bignode.protocol.DeviceOffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class NodeGaugesTest {
    private static String scrape(Optional<DeviceHealth> health, OptionalDouble peak, DeviceView.State state) {
        DeviceOffer offer = new DeviceOffer("farm/cuda:0", "a GPU \"of\" ours", 80L << 30, 64);
        DeviceView view = new DeviceView(
                offer, state, List.of(), 2, Work.NONE, new RecentRate(Work.NONE, Duration.ofMinutes(1)), peak, health, Optional.empty());
        return new String(new Metrics(readings -> NodeGauges.device(view, readings)).text(Optional.empty()), StandardCharsets.UTF_8);
    }

    @Test
    void whatAGpuMeasuresIsShownInBaseUnits() {
        Map<String, Double> measured = Map.of(
                "utilisation", 0.97, "memory_used_bytes", 4e10, "celsius", 61.0, "power_watts", 640.5, "power_limit_watts", 700.0);

        String text = scrape(Optional.of(new DeviceHealth("farm/cuda:0", measured)), OptionalDouble.of(0.71), DeviceView.State.COMPUTING);

        assertThat(text)
                .contains("bignode_device_info{device=\"farm/cuda:0\",name=\"a GPU \\\"of\\\" ours\",worker=\"farm\"} 1\n")
                .contains("bignode_device_state{device=\"farm/cuda:0\",state=\"computing\",worker=\"farm\"} 1.0\n")
                .contains("bignode_device_utilisation_ratio{device=\"farm/cuda:0\",worker=\"farm\"} 0.97\n")
                .contains("bignode_device_memory_used_bytes{device=\"farm/cuda:0\",worker=\"farm\"} 4.0E10\n")
                .contains("bignode_device_temperature_celsius{device=\"farm/cuda:0\",worker=\"farm\"} 61.0\n")
                .contains("bignode_device_power_watts{device=\"farm/cuda:0\",worker=\"farm\"} 640.5\n")
                .contains("bignode_device_power_limit_watts{device=\"farm/cuda:0\",worker=\"farm\"} 700.0\n")
                .contains("bignode_device_peak_ratio{device=\"farm/cuda:0\",worker=\"farm\"} 0.71\n");
    }

    @Test
    void whatADeviceDoesNotMeasureHasNoSeries() {
        String text = scrape(Optional.empty(), OptionalDouble.empty(), DeviceView.State.APART);

        assertThat(text).contains("state=\"apart\"").doesNotContain("celsius", "watts", "_ratio");
    }
}
