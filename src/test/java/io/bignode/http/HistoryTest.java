package io.bignode.http;

import static io.bignode.http.DocumentedDialectTest.assertProblem;
import static io.bignode.http.TestNode.OPERATOR_TOKEN;
import static io.bignode.http.TestNode.OTHER_TOKEN;
import static io.bignode.http.TestNode.TOKEN;
import static io.bignode.http.TestNode.startBody;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

class HistoryTest {
    private static final String HISTORY = "//api/v1/history";

    @Test
    void epochsComeNewestFirstWithTheSumsOfTenantsAndDevices() {
        try (TestNode node = new TestNode()) {
            node.compute(node.start(startBody().put("block_height", 7)), 3);
            node.compute(node.start(startBody().put("block_height", 8).put("node_id", 2)), 2);
            node.compute(node.start(startBody().put("block_height", 8).put("node_id", 3)), 4);

            JsonNode epochs = TestNode.json(node.get(HISTORY, OPERATOR_TOKEN)).get("epochs");

            assertThat(epochs).hasSize(2);
            assertThat(epochs.get(0).get("block_height").asLong()).isEqualTo(8);
            assertThat(epochs.get(0).get("raw").asLong()).isEqualTo(6);
            assertThat(epochs.get(0).get("tenants")).hasSize(1);
            assertThat(epochs.get(0).get("tenants").get(0).get("raw").asLong()).isEqualTo(6);
            assertThat(epochs.get(0).get("devices").get(0).get("valid").asLong()).isEqualTo(6);
            assertThat(epochs.get(1).get("raw").asLong()).isEqualTo(3);
            assertThat(epochs.get(0).get("functions").toString()).isEqualTo("[\"transformer-distance\"]");
        }
    }

    @Test
    void aTenantAmongOthersSeesItsOwnHistoryAndNoDevice() {
        try (TestNode node = new TestNode()) {
            node.compute(node.start(startBody()), 3);
            JsonNode own = TestNode.json(node.get(HISTORY, TOKEN)).get("epochs");
            assertThat(own).hasSize(1);
            assertThat(own.get(0).get("devices")).isEmpty();
            assertThat(TestNode.json(node.get(HISTORY, OTHER_TOKEN)).get("epochs")).isEmpty();
            assertThat(node.get(HISTORY + "?format=csv", OTHER_TOKEN).body().lines()).as("the header alone").hasSize(1);
        }
    }

    @Test
    void theTableCarriesNoFormula() {
        try (TestNode node = new TestNode()) {
            node.compute(node.start(startBody().put("block_hash", "=HYPERLINK(\"http://x\",1)")), 3);

            HttpResponse<String> response = node.get(HISTORY + "?format=csv", OPERATOR_TOKEN);

            assertThat(response.headers().firstValue("Content-Type").orElseThrow()).startsWith("text/csv");
            assertThat(response.headers().firstValue("Content-Disposition")).hasValue("attachment; filename=\"bignode-history.csv\"");
            assertThat(response.body().lines().toList().getFirst()).isEqualTo("block_height,block_hash,tenant,device_id,raw,valid,device_seconds,function");
            assertThat(response.body().lines().toList().get(1)).startsWith("9007199254740993,\"'=HYPERLINK(\"\"http://x\"\",1)\",first,");
        }
    }

    @Test
    void anEpochIsShownWholeOrNotAtAll() {
        try (TestNode node = new TestNode()) {
            node.compute(node.start(startBody().put("block_height", 7)), 3);
            node.compute(node.start(startBody().put("block_height", 8).put("node_id", 2)), 2);
            JsonNode epochs = TestNode.json(node.get(HISTORY + "?limit=1", OPERATOR_TOKEN)).get("epochs");
            assertThat(epochs).hasSize(1);
            assertThat(epochs.get(0).get("block_height").asLong()).isEqualTo(8);
        }
    }

    @Test
    void aFaultyQuestionIsToldWhatWouldBeRight() {
        try (TestNode node = new TestNode()) {
            assertProblem(node.get(HISTORY + "?limit=0", OPERATOR_TOKEN), 422);
            assertProblem(node.get(HISTORY + "?limit=1e9", OPERATOR_TOKEN), 422);
            assertProblem(node.get(HISTORY + "?format=xml", OPERATOR_TOKEN), 422);
        }
    }
}
