package io.bignode.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.fixtures.Golden;
import io.bignode.json.JsonFields;
import io.bignode.poc.HostMemory;
import io.bignode.poc.PoolCache;
import io.bignode.poc.ProofOrder;
import io.bignode.proof.transformer.TransformerFunction;
import io.bignode.proof.transformer.WeightPools;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.NonceRange;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.WorkOrder;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The head's CPU computes what it is asked for, and nothing runs before. */
@Timeout(60)
class CpuJudgeTest {
    private static WorkOrder work(JsonNode params) {
        JsonNode golden = Golden.read("small-models.json").get(0);
        ObjectNode order = golden.deepCopy();
        order.put("block_height", 7).put("node_id", 0).put("r_target", 2).set("params", params);
        return new WorkOrder(ProofOrder.FUNCTION, params.toString(), order.toString());
    }

    @Test
    void itReportsTheDistanceOfTheNonceItIsAskedFor() throws InterruptedException {
        JsonNode golden = Golden.read("small-models.json").get(0);
        long nonce = golden.get("nonces").get(0).longValue();
        BlockingQueue<LeaseReport> reports = new LinkedBlockingQueue<>();
        WeightPools pools = new WeightPools(1L << 30, 1, new PoolCache(Path.of("unused"), 0), HostMemory.PLAIN);
        try (CpuJudge judge = new CpuJudge(pools, 0, reports::add)) {
            WorkOrder work = work(golden.get("params"));
            assertThat(judge.takes(work)).isTrue();
            judge.judge(new Lease("check", "session", work, new NonceSequence(nonce, 1), new NonceRange(0, 1)));
            assertThat(reports.poll(40, TimeUnit.SECONDS)).isInstanceOf(LeaseReport.Started.class);
            assertThat(reports.poll(40, TimeUnit.SECONDS)).isInstanceOfSatisfying(LeaseReport.Done.class, done -> {
                assertThat(done.computed()).isEqualTo(1);
                assertThat(done.found()).singleElement().satisfies(found -> {
                    assertThat(found.nonce()).isEqualTo(nonce);
                    assertThat(Double.parseDouble(found.proof())).isCloseTo(golden.get("distances").get(0).doubleValue(), within(1e-4));
                });
            });
        }
    }

    @Test
    void itTakesNothingThatItWouldComputeForHours() throws Exception {
        JsonFields mainNet = JsonFields.of(Golden.order(Golden.read("main-net.json")));
        TransformerFunction function = new TransformerFunction();
        WorkOrder nonce = function.read(mainNet).work();
        WorkOrder prepared = function.readRequest(mainNet).work();
        ObjectNode batch = Golden.order(Golden.read("main-net.json"));
        ArrayNode nonces = batch.putArray("nonces");
        ArrayNode distances = batch.putArray("dist");
        for (int i = 0; i < 200; i++) {
            nonces.add(i);
            distances.add(1.3);
        }
        WeightPools pools = new WeightPools(1L << 30, 1, new PoolCache(Path.of("unused"), 0), HostMemory.PLAIN);
        try (CpuJudge judge = new CpuJudge(pools, 0, _ -> {})) {
            assertThat(judge.takes(function.readRequest(prepared, JsonFields.of(batch)).work())).isFalse();
            assertThat(function.operations(nonce).getAsDouble()).as("one nonce is taken where the memory holds it").isLessThan(3e13);
        }
    }

    @Test
    void itTakesNothingThatItsMemoryCannotHold() {
        ObjectNode huge = Golden.read("small-models.json").get(0).get("params").deepCopy();
        huge.put("dim", 131072).put("n_heads", 1024).put("n_kv_heads", 1024).put("n_layers", 4096);
        WeightPools pools = new WeightPools(1L << 30, 1, new PoolCache(Path.of("unused"), 0), HostMemory.PLAIN);
        try (CpuJudge judge = new CpuJudge(pools, 0, _ -> {})) {
            assertThat(judge.takes(work(huge))).isFalse();
        }
    }
}
