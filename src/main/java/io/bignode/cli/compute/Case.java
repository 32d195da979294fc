package io.bignode.cli.compute;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.cli.terminal.Documents;
import io.bignode.json.InvalidDocumentException;
import io.bignode.json.JsonFields;
import io.bignode.poc.ModelParams;
import io.bignode.poc.ProofOrder;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Nonces to compute: {@code block_hash}, {@code public_key}, {@code nonces} and {@code params} of a JSON file; other fields are ignored.
 *
 * @param order  whose nonces; r_target, heights and node numbers play no part
 * @param nonces the nonces
 */
record Case(ProofOrder order, List<Long> nonces) {
    /** The most nonces of a file that a person gives; the batches of nodes are read a line at a time. */
    static final int MAX_NONCES = 100_000;

    /** Reads a file; a file that is not a case ends the command with every fault. */
    static Case read(Path file) {
        try {
            JsonFields fields = JsonFields.of(Documents.read(file));
            Case read = read(fields);
            if (read.nonces().size() > MAX_NONCES) fields.fault("nonces", "are " + read.nonces().size() + "; give " + MAX_NONCES + " at most at a time");
            fields.check();
            return read;
        } catch (InvalidDocumentException invalid) {
            throw Documents.faulty(file, invalid);
        }
    }

    /** Reads the fields; faults are noted there. */
    static Case read(JsonFields fields) {
        String blockHash = fields.text("block_hash", 256);
        String publicKey = fields.text("public_key", 512);
        ModelParams params = ModelParams.read(fields.object("params"));
        return new Case(new ProofOrder(blockHash, 0, publicKey, 0, 2, params), nonces(fields));
    }

    private static List<Long> nonces(JsonFields fields) {
        JsonNode array = fields.raw("nonces");
        if (array == null || !array.isArray() || array.isEmpty()) {
            fields.fault("nonces", "must be an array of at least one integer");
            return List.of();
        }
        List<Long> nonces = new ArrayList<>();
        for (JsonNode nonce : array) {
            if (!nonce.isIntegralNumber()
                    || nonce.bigIntegerValue().signum() < 0
                    || nonce.bigIntegerValue().compareTo(BigInteger.valueOf(Long.MAX_VALUE)) > 0) {
                fields.fault("nonces[" + nonces.size() + "]", "must be an integer between 0 and " + Long.MAX_VALUE);
                break;
            }
            nonces.add(nonce.longValue());
        }
        return nonces;
    }
}
