package io.bignode.poc;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.fixtures.Golden;
import io.bignode.json.JsonFields;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Pool, tensors and inputs against their golden digests. */
class WeightTensorTest {
    static Stream<JsonNode> models() {
        return StreamSupport.stream(Golden.read("small-models.json").spliterator(), false);
    }

    static long elements(String name, ModelParams p) {
        if (name.endsWith("norm.weight")) {
            return p.dim();
        }
        if (name.contains("feed_forward")) {
            return (long) p.hiddenDim() * p.dim();
        }
        if (name.contains("attention.wk") || name.contains("attention.wv")) {
            return (long) p.kvDim() * p.dim();
        }
        return (long) (name.contains("attention") ? p.dim() : p.vocabSize()) * p.dim();
    }

    @ParameterizedTest
    @MethodSource("models")
    void poolTensorsAndFirstInputAreExact(JsonNode model) throws Exception {
        JsonFields fields = JsonFields.of(model);
        ModelParams params = ModelParams.read(fields.object("params"));
        fields.check();
        String blockHash = model.get("block_hash").asText();
        assertThat(params.poolSize()).isEqualTo(model.get("pool_size").asLong());
        try (WeightPool pool = WeightPool.generate(blockHash, params.poolSize(), 2, HostMemory.PLAIN, n -> {})) {
            assertThat(pool.sha256()).isEqualTo(model.get("pool_sha256_f16").asText());
            model.get("tensors_sha256_f16").properties().forEach(entry -> {
                long elements = elements(entry.getKey(), params);
                assertThat(digest(pool.tensor(entry.getKey(), elements))).as(entry.getKey()).isEqualTo(entry.getValue().asText());
            });
        }
        try (NonceInputs inputs = new NonceInputs(params, 1, HostMemory.PLAIN)) {
            inputs.draw(blockHash, model.get("public_key").asText(), List.of(model.get("nonces").get(0).asLong()));
            assertThat(inputs.firstSha256()).isEqualTo(model.get("first_input_sha256_f16").asText());
        }
    }

    /** Reads in pieces of an odd length, so that pieces cross every seam of a tensor larger than the pool. */
    private static String digest(WeightTensor tensor) {
        int n = Math.toIntExact(tensor.elements());
        short[] values = new short[n];
        for (int at = 0; at < n; at += 9973) {
            tensor.read(at, values, at, Math.min(9973, n - at));
        }
        ByteBuffer bytes = ByteBuffer.allocate(2 * n).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asShortBuffer().put(values);
        return Golden.sha256(bytes.array());
    }
}
