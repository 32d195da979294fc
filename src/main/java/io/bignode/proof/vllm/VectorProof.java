package io.bignode.proof.vllm;

import com.fasterxml.jackson.core.JsonParser;
import io.bignode.protocol.Found;
import java.io.IOException;

/**
 * The proof of a nonce that has a vector, cut into its two parts as they were written: what is handed out is neither read nor written anew.
 *
 * @param artifact JSON, as the backend wrote it
 * @param encoding JSON, as the backend wrote it
 */
record VectorProof(String artifact, String encoding) {
    /** The parts of a proof that was checked when it came in. */
    static VectorProof of(Found found) {
        String proof = found.proof();
        try (JsonParser json = VectorJson.MAPPER.createParser(proof)) {
            json.nextToken(); // the array begins
            return new VectorProof(next(json, proof), next(json, proof));
        } catch (IOException broken) {
            throw new IllegalStateException("the proof of nonce " + found.nonce() + " is not JSON", broken);
        }
    }

    private static String next(JsonParser json, String text) throws IOException {
        json.nextToken();
        int start = (int) json.currentTokenLocation().getCharOffset();
        json.skipChildren();
        json.finishToken();
        return text.substring(start, (int) json.currentLocation().getCharOffset());
    }
}
