package io.bignode.poc;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.Golden;
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
}
