package io.bignode.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.engine.Model;
import io.bignode.fixtures.Golden;
import io.bignode.json.JsonFields;
import io.bignode.poc.HostMemory;
import io.bignode.poc.ModelParams;
import io.bignode.poc.NonceInputs;
import io.bignode.poc.WeightPool;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Distances against the function's executable statement. */
class GoldenDistancesTest {
    static Stream<JsonNode> smallModels() {
        return StreamSupport.stream(Golden.read("small-models.json").spliterator(), false);
    }

    private record Deviation(double mean, double max) {}

    private static Deviation deviation(JsonNode golden, int threads, int batch) throws Exception {
        return deviation(golden, golden.get("nonces").size(), threads, batch);
    }

    /** Of the first so many nonces of a case. */
    private static Deviation deviation(JsonNode golden, int count, int threads, int batch) throws Exception {
        double[] distances = distances(golden, count, threads, batch);
        double[] off = new double[count];
        for (int i = 0; i < count; i++) off[i] = Math.abs(distances[i] - golden.get("distances").get(i).asDouble());
        DoubleSummaryStatistics all = DoubleStream.of(off).summaryStatistics();
        System.out.printf("%s, batch %d, %d threads: mean |delta| %.3g, max %.3g%n", golden.get("name").asText(), batch, threads, all.getAverage(), all.getMax());
        return new Deviation(all.getAverage(), all.getMax());
    }

    private static double[] distances(JsonNode golden, int count, int threads, int batch) throws Exception {
        JsonFields fields = JsonFields.of(golden);
        ModelParams params = ModelParams.read(fields.object("params"));
        fields.check();
        List<Long> nonces = new ArrayList<>();
        for (int i = 0; i < count; i++) nonces.add(golden.get("nonces").get(i).asLong());
        double[] distances = new double[count];
        String blockHash = golden.get("block_hash").asText();
        try (WeightPool pool = WeightPool.generate(blockHash, params.poolSize(), 2, HostMemory.PLAIN, n -> {});
                Model model = new CpuModel(params, pool, Math.min(batch, count), threads);
                NonceInputs inputs = model.newInputs()) {
            for (int at = 0; at < count; at += model.maxBatch()) {
                List<Long> part = nonces.subList(at, Math.min(count, at + model.maxBatch()));
                inputs.draw(blockHash, golden.get("public_key").asText(), part);
                System.arraycopy(model.distances(inputs, () -> false).distances(), 0, distances, at, part.size());
            }
        }
        return distances;
    }

    @Test
    void smallModelsAgree() throws Exception {
        smallModelsAgree(3);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8})
    @Tag("full")
    void smallModelsAgreeInOtherBatchesToo(int batch) throws Exception {
        smallModelsAgree(batch);
    }

    private static void smallModelsAgree(int batch) throws Exception {
        double sum = 0;
        List<JsonNode> models = smallModels().toList();
        for (JsonNode model : models) {
            Deviation deviation = deviation(model, 1 + batch % 4, batch);
            assertThat(deviation.max()).as(model.get("name").asText()).isLessThanOrEqualTo(2e-6);
            sum += deviation.mean();
        }
        assertThat(sum / models.size()).isLessThanOrEqualTo(5e-7);
    }

    @Test
    void aDistanceDoesNotDependOnWhichThreadTookWhichTile() throws Exception {
        anyThread(Golden.read("small-models.json").get(0));
    }

    @ParameterizedTest
    @MethodSource("smallModels")
    @Tag("full")
    void norDoTheDistancesOfLargerModels(JsonNode golden) throws Exception {
        anyThread(golden);
    }

    private static void anyThread(JsonNode golden) throws Exception {
        int count = golden.get("nonces").size();
        for (int threads : new int[] {2, 3, 5}) {
            double[] once = distances(golden, count, threads, 8);
            for (int i = 0; i < 2; i++) assertThat(distances(golden, count, threads, 8)).as("%d threads", threads).containsExactly(once);
        }
    }

    @Test
    @Tag("full")
    void testNetsFirstNonceAgrees() throws Exception {
        assertThat(deviation(Golden.read("test-net.json"), 1, 2, 1).max()).isLessThanOrEqualTo(1e-5);
    }

    @Test
    @Tag("full")
    void testNetAgrees() throws Exception {
        assertThat(deviation(Golden.read("test-net.json"), 2, 4).max()).isLessThanOrEqualTo(1e-5);
    }

    @Test
    @Tag("full")
    void mainNetAgrees() throws Exception {
        assertThat(deviation(Golden.read("main-net.json"), Runtime.getRuntime().availableProcessors(), 2).max()).isLessThanOrEqualTo(1e-5);
    }
}
