package io.bignode.poc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bignode.fixtures.Golden;
import io.bignode.json.Fault;
import io.bignode.json.InvalidDocumentException;
import io.bignode.json.JsonFields;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ModelParamsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static ModelParams read(String params) throws Exception {
        JsonFields fields = JsonFields.of(JSON.readTree("{\"params\":" + params + "}"));
        ModelParams read = ModelParams.read(fields.object("params"));
        fields.check();
        return read;
    }

    private static InvalidDocumentException refusal(String params) {
        return catchThrowableOfType(InvalidDocumentException.class, () -> read(params));
    }

    @Test
    void theSetsInUseHaveTheirPublishedSizes() throws Exception {
        ModelParams main = read(Golden.read("main-net.json").get("params").toString());
        assertThat(main.hiddenDim()).isEqualTo(49152);
        assertThat(main.elements()).isBetween(17_760_000_000L, 17_765_000_000L);
        assertThat(main.poolSize()).isEqualTo(888_156_147L);
        assertThat(read(Golden.read("test-net.json").get("params").toString()).poolSize()).isEqualTo(148_482_099L);
    }

    @Test
    void missingFieldsTakeTheNetworksDefaultsAndUnknownOnesAreIgnored() throws Exception {
        assertThat(read("{\"colour\": \"red\"}"))
                .isEqualTo(new ModelParams(2048, 16, 16, 16, 8192, 1.3, 1024, 1e-5, 500_000, false, 16));
    }

    @Test
    void noMultiplierIsTheMultiplierOne() throws Exception {
        assertThat(read("{\"ffn_dim_multiplier\": null}").hiddenDim()).isEqualTo(read("{\"ffn_dim_multiplier\": 1.0}").hiddenDim());
    }

    @Test
    void everyFaultIsNamedAtOnce() {
        assertThat(refusal("{\"dim\": -1, \"n_layers\": 0, \"vocab_size\": \"many\", \"norm_eps\": 0, \"seq_len\": 1.5, \"use_scaled_rope\": 1}").faults())
                .extracting(Fault::field)
                .containsExactly("params.dim", "params.n_layers", "params.vocab_size", "params.norm_eps", "params.use_scaled_rope", "params.seq_len");
        assertThat(refusal("{\"dim\": 100, \"n_heads\": 12, \"n_kv_heads\": 5}").faults())
                .extracting(Fault::field)
                .containsExactly("params.n_heads", "params.n_kv_heads");
        assertThat(refusal("{\"dim\": 48, \"n_heads\": 16, \"n_kv_heads\": 16}").faults()).extracting(Fault::message).first().asString().contains("even");
        assertThat(refusal("{\"ffn_dim_multiplier\": 1e-9, \"multiple_of\": 1}")).isNotNull();
    }

    @Test
    void absurdValuesOverflowNothing() {
        Random random = new Random(11);
        String[] absurd = {"9223372036854775807", "99999999999999999999999", "-9223372036854775808", "1e308", "-0.0", "131072", "16777216", "1"};
        String[] names = {"dim", "n_layers", "n_heads", "n_kv_heads", "vocab_size", "ffn_dim_multiplier", "multiple_of", "norm_eps", "rope_theta", "seq_len"};
        int sound = 0;
        for (int round = 0; round < 20_000; round++) {
            StringBuilder params = new StringBuilder("{");
            for (String name : names) {
                if (random.nextInt(3) == 0) {
                    params.append(params.length() > 1 ? "," : "").append('"').append(name).append("\":").append(absurd[random.nextInt(absurd.length)]);
                }
            }
            try {
                ModelParams read = read(params.append('}').toString());
                assertThat(read.elements()).as("%s", params).isPositive();
                assertThat(read.poolSize()).as("%s", params).isBetween(50_000L, read.elements() + 50_000);
                sound++;
            } catch (InvalidDocumentException refused) {
                assertThat(refused.faults()).isNotEmpty();
            } catch (Exception other) {
                throw new AssertionError(params.toString(), other);
            }
        }
        assertThat(sound).as("some of the random parameters are sound").isPositive();
    }

    @Test
    void anOrderIsReadBackFromItsOwnText() throws Exception {
        JsonNode document = JSON.readTree("""
                {"block_hash": "é–漢", "block_height": 9223372036854775807, "public_key": "k", "node_id": 7, "r_target": 1.4013564660458173,
                 "params": {"dim": 64, "n_heads": 4, "n_kv_heads": 2, "n_layers": 1}}""");
        ProofOrder order = ProofOrder.parse(document);
        assertThat(ProofOrder.parse(JSON.readTree(order.toJson().toString()))).isEqualTo(order);
        assertThat(order.blockHeight()).isEqualTo(Long.MAX_VALUE);
    }
}
