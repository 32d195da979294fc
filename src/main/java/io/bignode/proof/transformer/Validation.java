package io.bignode.proof.transformer;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.json.JsonFields;
import io.bignode.poc.ProofCheck;
import io.bignode.poc.ProofOrder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A proof batch of another participant that is to be computed again. One without nonces asks for the weights alone: batches of its block follow.
 *
 * @param fraudThreshold the batch is fraud below this probability
 * @param nonces         the batch's nonces; a nonce may stand there more than once
 * @param received       the distance that the participant tells of each
 */
record Validation(double fraudThreshold, List<Long> nonces, List<Double> received) {
    private static final String FRAUD_THRESHOLD = "fraud_threshold";
    private static final String NONCES = "nonces";
    private static final String DIST = "dist";

    /** The network samples 200 of a participant's nonces. */
    private static final int MAX_NONCES = 10_000;

    /** Copies the lists; refuses a nonce without a distance, and a distance without a nonce. */
    Validation {
        nonces = List.copyOf(nonces);
        received = List.copyOf(received);
        if (nonces.size() != received.size()) throw new IllegalArgumentException(nonces.size() + " nonces and " + received.size() + " distances");
    }

    /** Asks for the weights alone. */
    static Validation preparing(double fraudThreshold) {
        return new Validation(fraudThreshold, List.of(), List.of());
    }

    /** Reads a probability; where it is faulty, that is noted. */
    static double readThreshold(JsonFields fields) {
        return fields.number(FRAUD_THRESHOLD, 0, true, 1, null);
    }

    /** Reads a proof batch; its faults are noted. */
    static Validation read(JsonFields fields, double fraudThreshold) {
        int count = size(fields, NONCES);
        int distances = size(fields, DIST);
        if (count == 0 || distances == 0) return preparing(fraudThreshold);
        if (count != distances) {
            fields.fault(DIST, "must have as many distances as there are nonces, " + count + ", not " + distances);
            return preparing(fraudThreshold);
        }
        List<Long> nonces = new ArrayList<>(count);
        List<Double> received = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            JsonNode nonce = list(fields, NONCES).path(i);
            JsonNode distance = list(fields, DIST).path(i);
            boolean whole = nonce.isIntegralNumber() && nonce.canConvertToLong() && nonce.longValue() >= 0;
            boolean finite = distance.isNumber() && Double.isFinite(distance.doubleValue()) && distance.doubleValue() >= 0;
            if (!whole) fields.fault(NONCES + "[" + i + "]", "must be an integer from 0 on");
            if (!finite) fields.fault(DIST + "[" + i + "]", "must be a finite number from 0 on");
            nonces.add(whole ? nonce.longValue() : 0);
            received.add(finite ? distance.doubleValue() : 0);
        }
        return new Validation(fraudThreshold, nonces, received);
    }

    /** How many elements a list has; 0 where it is none, or has too many or none, which is noted. */
    private static int size(JsonFields fields, String name) {
        int size = list(fields, name).size();
        if (size >= 1 && size <= MAX_NONCES) return size;
        fields.fault(name, "must be a list of 1 to " + MAX_NONCES + " numbers");
        return 0;
    }

    private static JsonNode list(JsonFields fields, String name) {
        JsonNode list = fields.raw(name);
        return list != null && list.isArray() ? list : JsonNodeFactory.instance.arrayNode();
    }

    /** As a document that {@link #parse} reads back to the same. */
    ObjectNode toJson() {
        ObjectNode document = JsonNodeFactory.instance.objectNode().put(FRAUD_THRESHOLD, fraudThreshold);
        ArrayNode all = document.putArray(NONCES);
        nonces.forEach(all::add);
        ArrayNode distances = document.putArray(DIST);
        received.forEach(distances::add);
        return document;
    }

    /** Reads what {@link #toJson} wrote. */
    static Validation parse(JsonNode document) {
        List<Long> nonces = new ArrayList<>();
        document.path(NONCES).forEach(nonce -> nonces.add(nonce.longValue()));
        List<Double> received = new ArrayList<>();
        document.path(DIST).forEach(distance -> received.add(distance.doubleValue()));
        return new Validation(document.path(FRAUD_THRESHOLD).doubleValue(), nonces, received);
    }

    /** Whether there is nothing to judge. */
    boolean prepares() {
        return nonces.isEmpty();
    }

    /** The nonces that are to be computed, each once. */
    List<Long> distinct() {
        return nonces.stream().distinct().toList();
    }

    /** Validations of the same model that take a device about as long: as many nonces, or up to half as many. */
    String costClass(ProofOrder order) {
        int upTo = Integer.highestOneBit(Math.max(0, 2 * distinct().size() - 1));
        return String.format(Locale.ROOT, "validation of up to %d nonces, %s", upTo, order.params().toJson());
    }

    /**
     * Writes the verdict, into an object that was begun. A nonce is invalid when it does not count, or is not even said to count.
     *
     * @param distances the distance of each nonce as it was computed here
     */
    void writeVerdict(ProofOrder order, List<Double> distances, JsonGenerator json) throws IOException {
        int invalid = 0;
        for (int i = 0; i < nonces.size(); i++) {
            if (received.get(i) >= order.rTarget() || distances.get(i) > order.rTarget()) invalid++;
        }
        ProofCheck check = ProofCheck.of(nonces.size(), invalid, fraudThreshold);
        json.writeArrayFieldStart("received_dist");
        for (double distance : received) json.writeNumber(distance);
        json.writeEndArray();
        json.writeNumberField("r_target", order.rTarget());
        json.writeNumberField(FRAUD_THRESHOLD, fraudThreshold);
        json.writeNumberField("n_invalid", check.nInvalid());
        json.writeNumberField("probability_honest", check.probabilityHonest());
        json.writeBooleanField("fraud_detected", check.fraudDetected());
    }
}
