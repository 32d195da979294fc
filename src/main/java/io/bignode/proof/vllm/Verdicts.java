package io.bignode.proof.vllm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.protocol.Found;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What a backend finds when it computes nonces again and compares its vectors with those that were reported: of each nonce whether the two match. Vectors of
 * sound backends differ by rounding, and now and then by more than a threshold; only too many mismatches are a deviation.
 */
final class Verdicts {
    /** How many nonces a check has at least: with fewer even a source that makes every vector up might pass. */
    static final int SAMPLE = 32;

    private static final String MATCH = "\"match\"";
    private static final String MISMATCH = "\"mismatch\"";

    /** By the chain's own values, two mismatches of two have a probability of exactly 0.01, but for the rounding of its computation. */
    private static final double ROUNDING = 1e-9;

    private Verdicts() {}

    /**
     * What the backend is to compare with, and by which test.
     *
     * @param distance the largest at which two vectors match
     */
    static ObjectNode subject(List<JsonNode> artifacts, double distance, MatchRules rules) {
        ObjectNode subject = JsonNodeFactory.instance.objectNode();
        ArrayNode all = subject.putObject("validation").putArray("artifacts");
        for (JsonNode artifact : artifacts) {
            ObjectNode one = all.addObject();
            one.set("nonce", artifact.path("nonce"));
            one.set("vector_b64", artifact.path("vector_b64"));
        }
        subject.putObject("stat_test").put("dist_threshold", distance).put("p_mismatch", rules.pMismatch()).put("fraud_threshold", rules.fraudThreshold());
        return subject;
    }

    /** The nonces that a check's subject names. */
    static long[] nonces(ObjectNode subject) {
        List<Long> nonces = new ArrayList<>();
        for (JsonNode artifact : subject.path("validation").path("artifacts")) nonces.add(artifact.path("nonce").asLong());
        return nonces.stream().mapToLong(Long::longValue).toArray();
    }

    /**
     * Reads a backend's verdict.
     *
     * @param nonces those that it compared
     * @throws BackendException when it is none on these nonces
     */
    static List<Found> of(JsonNode answer, long[] nonces) {
        if (!answer.path("status").asText().equals("completed")) throw new BackendException("its answer is not completed");
        // A nonce whose vector is not finite here is not compared.
        int compared = answer.path("n_total").asInt(0);
        if (compared < 1 || compared > nonces.length || !answer.path("mismatch_nonces").isArray()) {
            throw new BackendException("its answer is no verdict on the " + nonces.length + " nonces it was asked about");
        }
        Set<Long> mismatches = new HashSet<>();
        for (JsonNode nonce : answer.get("mismatch_nonces")) mismatches.add(nonce.asLong());
        List<Found> verdicts = new ArrayList<>();
        for (long nonce : nonces) verdicts.add(new Found(nonce, mismatches.contains(nonce) ? MISMATCH : MATCH));
        return verdicts;
    }

    /** Why this cannot be a verdict on a nonce; empty where it can. */
    static Optional<String> fault(JsonNode proof) {
        String text = proof.toString();
        return text.equals(MATCH) || text.equals(MISMATCH) ? Optional.empty() : Optional.of("what is no verdict");
    }

    /** How results deviate from what another source says of them. Who reports a vector says that it matches. */
    static Optional<String> deviation(List<Found> one, List<Found> other, MatchRules rules) {
        Set<Long> first = mismatches(one);
        Set<Long> second = mismatches(other);
        int compared = Math.min(one.size(), other.size());
        long differ = first.stream().filter(nonce -> !second.contains(nonce)).count() + second.stream().filter(nonce -> !first.contains(nonce)).count();
        double p = tail(compared, differ, rules.pMismatch());
        if (p >= rules.fraudThreshold() * (1 - ROUNDING)) return Optional.empty();
        return Optional.of(String.format(Locale.ROOT, "%d of %d vectors differ from another backend's (p = %.2g)", differ, compared, p));
    }

    private static Set<Long> mismatches(List<Found> verdicts) {
        Set<Long> nonces = new HashSet<>();
        for (Found verdict : verdicts) if (verdict.proof().equals(MISMATCH)) nonces.add(verdict.nonce());
        return nonces;
    }

    /** The probability that of so many vectors at least so many differ by chance. */
    private static double tail(int all, long differ, double pMismatch) {
        double term = Math.pow(1 - pMismatch, all);
        double below = 0;
        for (int k = 0; k < differ; k++) {
            below += term;
            term *= (all - k) / (k + 1.0) * pMismatch / (1 - pMismatch);
        }
        return Math.max(0, 1 - below);
    }
}
