package io.bignode.poc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.fixtures.Golden;
import org.junit.jupiter.api.Test;

class TargetTest {
    @Test
    void targetsAreTheGoldenOnesToTheLastBit() {
        for (JsonNode row : Golden.read("streams.json").get("targets")) {
            double[] target = Target.of(row.get("block_hash").asText(), row.get("size").asInt()).toArray();
            for (int i = 0; i < row.get("first").size(); i++) {
                assertThat(target[i]).isEqualTo(row.get("first").get(i).asDouble());
            }
        }
    }

    @Test
    void theShareOfNoncesThatShouldCountIsTheNetworksOwn() {
        assertThat(100 * Target.shareBelow(1.4013564660458173, 8196)).isCloseTo(5.06, within(0.02));
        assertThat(100 * Target.shareBelow(1.398077, 8196)).isCloseTo(2.0, within(0.05));
        assertThat(Target.shareBelow(Math.sqrt(2), 512)).as("half of all directions").isCloseTo(0.5, within(1e-9));
        assertThat(Target.shareBelow(1.5, 512) + Target.shareBelow(Math.sqrt(4 - 1.5 * 1.5), 512)).as("the other side").isCloseTo(1, within(1e-9));
        assertThat(Target.shareBelow(10, 512)).isEqualTo(1);
        assertThat(Target.shareBelow(1e-9, 512)).isZero();
    }
}
