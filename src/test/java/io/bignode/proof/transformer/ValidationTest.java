package io.bignode.proof.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.fixtures.Golden;
import io.bignode.json.Fault;
import io.bignode.json.InvalidDocumentException;
import io.bignode.json.JsonFields;
import io.bignode.poc.ProofOrder;
import io.bignode.protocol.Found;
import io.bignode.protocol.WorkOrder;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Batches of other participants as work: what is taken, what may be reported of it, and the verdict. */
class ValidationTest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int TOO_MANY = 10_001;

    private final TransformerFunction function = new TransformerFunction();

    private WorkOrder prepared() throws InvalidDocumentException {
        JsonFields fields = JsonFields.of(Golden.order().put("r_target", 1.42));
        WorkOrder work = function.readRequest(fields).work();
        fields.check();
        return work;
    }

    private static ObjectNode batch() {
        ObjectNode batch = Golden.order().put("public_key", "another's");
        batch.putArray("nonces").add(1).add(2).add(1);
        batch.putArray("dist").add(1.4).add(1.3).add(1.42);
        return batch;
    }

    private WorkOrder validation() throws InvalidDocumentException {
        JsonFields fields = JsonFields.of(batch());
        WorkOrder work = function.readRequest(prepared(), fields).work();
        fields.check();
        return work;
    }

    private List<String> faults(ObjectNode batch) throws InvalidDocumentException {
        JsonFields fields = JsonFields.of(batch);
        function.readRequest(prepared(), fields);
        try {
            fields.check();
            return List.of();
        } catch (InvalidDocumentException invalid) {
            return invalid.faults().stream().map(Fault::field).toList();
        }
    }

    private static List<Found> reported(String proof) {
        return List.of(new Found(Long.MAX_VALUE, proof));
    }

    @Test
    void aBatchIsTakenOfTheBlockThatWasPreparedAloneAndEveryFaultIsNamed() throws Exception {
        assertThat(faults(batch())).isEmpty();
        ObjectNode batch = batch().put("block_hash", "another").put("block_height", 8).put("public_key", "");
        assertThat(faults(batch)).containsExactlyInAnyOrder("block_hash", "block_height", "public_key");
        batch = batch();
        batch.withArray("dist").add(1);
        assertThat(faults(batch)).containsExactly("dist");
        batch = batch();
        batch.putArray("nonces").add(-1).add(1.5).add(new BigInteger("9223372036854775808"));
        batch.putArray("dist").add(-1).add("far").add(1e300);
        assertThat(faults(batch)).containsExactlyInAnyOrder("nonces[0]", "nonces[1]", "nonces[2]", "dist[0]", "dist[1]");
        batch = batch();
        ArrayNode many = batch.putArray("nonces");
        for (int i = 0; i < TOO_MANY; i++) many.add(i);
        batch.put("dist", 1);
        assertThat(faults(batch)).containsExactlyInAnyOrder("nonces", "dist");
    }

    @Test
    void aVerdictTellsWhatWasComputedAndCountsWhatIsNotEvenSaidToCount() throws Exception {
        JsonNode verdict = written(validation(), reported("[1.4001819577169383,1.4464759878225897,1.4001819577169383]"));
        assertThat(verdict.get("public_key").asText()).isEqualTo("another's");
        assertThat(verdict.get("nonces").toString()).isEqualTo("[1,2,1]");
        assertThat(verdict.get("dist").toString()).isEqualTo("[1.4001819577169383,1.4464759878225897,1.4001819577169383]");
        assertThat(verdict.get("received_dist").toString()).isEqualTo("[1.4,1.3,1.42]");
        assertThat(verdict.get("n_invalid").asInt()).as("nonce 2, and the last one by its own word").isEqualTo(2);
        assertThat(verdict.get("fraud_detected").asBoolean()).isFalse();
        assertThat(function.callbackPath(validation())).isEqualTo("/validated");
        assertThat(function.batches(prepared(), reported("[]"))).as("nobody is told that weights are ready").isEmpty();
    }

    private JsonNode written(WorkOrder work, List<Found> found) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            function.writeBatch(work, found, json);
            json.writeEndObject();
        }
        return JSON.readTree(text.toString());
    }

    @Test
    void aDeviceReportsADistanceOfEachNonceOrNothing() throws Exception {
        WorkOrder work = validation();
        assertThat(function.fault(work, reported("[1.40,1.44,1.40]"))).isEmpty();
        for (String proof : List.of("[1.40,1.44]", "[1.40,1.44,1.40,1.40]", "[1.40,-1,1.40]", "[1.40,2.1,1.40]", "[1.40,null,1.40]", "[1.40,\"NaN\",1.40]", "1.39",
                "[1.40,", "[1.40,1.44," + " ".repeat(200) + "1.40]")) {
            assertThat(function.fault(work, reported(proof))).as(proof).isPresent();
        }
        assertThat(function.fault(work, List.of())).isPresent();
        assertThat(function.fault(prepared(), reported("[]"))).isEmpty();
        assertThat(function.deviation(work, reported("[1.40,1.44,1.40]"), reported("[1.40001,1.44,1.40]"))).isEmpty();
        assertThat(function.deviation(work, reported("[1.40,1.44,1.40]"), reported("[1.40,1.45,1.40]"))).isPresent();
    }

    @Test
    void workersThatKnowNoValidationsCannotReadOne() throws Exception {
        JsonNode body = JSON.readTree(validation().body());
        assertThatThrownBy(() -> ProofOrder.parse(body)).isInstanceOf(InvalidDocumentException.class);
    }

    @Test
    void whatTakesADeviceAboutAsLongIsOfOneCostClass() throws Exception {
        assertThat(validation().costClass()).startsWith("validation of up to 2 nonces");
        assertThat(prepared().costClass()).startsWith("validation of up to 0 nonces");
        assertThat(function.operations(validation()).getAsDouble()).as("two nonces").isEqualTo(2 * operationsOfANonce());
    }

    private double operationsOfANonce() throws InvalidDocumentException {
        JsonFields fields = JsonFields.of(Golden.order());
        WorkOrder work = function.read(fields).work();
        fields.check();
        return function.operations(work).getAsDouble();
    }
}
