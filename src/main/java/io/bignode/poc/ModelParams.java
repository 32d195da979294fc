package io.bignode.poc;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.json.Fault;
import io.bignode.json.JsonFields;
import java.util.ArrayList;
import java.util.List;

/**
 * The transformer's shape. Every instance is sound: positive sizes, heads that divide, a tensor's size and the model's size that fit a
 * {@code long} with room; whether a device can hold it is the engine's to say.
 *
 * @param dim              width of the residual stream
 * @param nLayers          transformer blocks
 * @param nHeads           query heads; {@code dim / nHeads} is the head's width, an even number
 * @param nKvHeads         key and value heads, a divisor of {@code nHeads}
 * @param vocabSize        logits per position
 * @param ffnDimMultiplier scales the feed-forward width before it is rounded up
 * @param multipleOf       the feed-forward width is rounded up to a multiple of this
 * @param normEps          added to the mean square in RMSNorm
 * @param ropeTheta        base of the rotary frequencies
 * @param useScaledRope    whether low rotary frequencies are scaled as in Llama 3.1
 * @param seqLen           positions per nonce
 */
public record ModelParams(
        int dim,
        int nLayers,
        int nHeads,
        int nKvHeads,
        int vocabSize,
        double ffnDimMultiplier,
        int multipleOf,
        double normEps,
        double ropeTheta,
        boolean useScaledRope,
        int seqLen) {

    /** The model of the main network. */
    public static final ModelParams MAIN_NET = new ModelParams(1792, 64, 64, 64, 8196, 10.0, 8192, 1e-5, 10_000, false, 256);

    /** The model of the test network. */
    public static final ModelParams TEST_NET = new ModelParams(1024, 32, 32, 32, 8196, 10.0, 2048, 1e-5, 10_000, false, 128);

    private static final int MAX_DIM = 1 << 17;
    private static final int MAX_LAYERS = 1 << 12;
    private static final int MAX_VOCAB = 1 << 24;
    private static final int MAX_HIDDEN = 1 << 24;
    private static final int MAX_SEQ = 1 << 17;

    /** @throws IllegalArgumentException when the sizes do not make a model; {@link #read} says so politely. */
    public ModelParams {
        List<Fault> faults = faults(dim, nHeads, nKvHeads, ffnDimMultiplier, multipleOf);
        if (!faults.isEmpty() || nLayers < 1 || vocabSize < 1 || seqLen < 1) {
            throw new IllegalArgumentException("model parameters: " + faults);
        }
    }

    /**
     * Reads the fields of a {@code params} object; missing ones take the defaults of the network's own software, unknown ones are ignored.
     *
     * @param fields the object's fields; every fault is noted there
     * @return the parameters, or a harmless placeholder where a fault was noted
     */
    public static ModelParams read(JsonFields fields) {
        int dim = (int) fields.integer("dim", 1, MAX_DIM, 2048L);
        int layers = (int) fields.integer("n_layers", 1, MAX_LAYERS, 16L);
        int heads = (int) fields.integer("n_heads", 1, MAX_DIM, 16L);
        int kvHeads = (int) fields.integer("n_kv_heads", 1, MAX_DIM, 16L);
        int vocab = (int) fields.integer("vocab_size", 1, MAX_VOCAB, 8192L);
        JsonNode given = fields.raw("ffn_dim_multiplier");
        // The network's software takes null here for "no multiplier", which is the multiplier 1.
        double multiplier = given != null && given.isNull() ? 1.0 : fields.number("ffn_dim_multiplier", 0, false, 1e6, 1.3);
        int multipleOf = (int) fields.integer("multiple_of", 1, MAX_HIDDEN, 1024L);
        double eps = fields.number("norm_eps", 0, false, 1.0, 1e-5);
        double theta = fields.number("rope_theta", 0, false, 1e12, 500_000.0);
        boolean scaled = fields.flag("use_scaled_rope", false);
        int seq = (int) fields.integer("seq_len", 1, MAX_SEQ, 16L);
        if (fields.clean()) {
            faults(dim, heads, kvHeads, multiplier, multipleOf).forEach(f -> fields.fault(f.field(), f.message()));
        }
        if (!fields.clean()) {
            return new ModelParams(64, 1, 1, 1, 64, 1.0, 64, 1e-5, 10_000.0, false, 1);
        }
        return new ModelParams(dim, layers, heads, kvHeads, vocab, multiplier, multipleOf, eps, theta, scaled, seq);
    }

    /** As a {@code params} object, every field given. */
    public ObjectNode toJson() {
        return JsonNodeFactory.instance
                .objectNode()
                .put("dim", dim)
                .put("n_layers", nLayers)
                .put("n_heads", nHeads)
                .put("n_kv_heads", nKvHeads)
                .put("vocab_size", vocabSize)
                .put("ffn_dim_multiplier", ffnDimMultiplier)
                .put("multiple_of", multipleOf)
                .put("norm_eps", normEps)
                .put("rope_theta", ropeTheta)
                .put("use_scaled_rope", useScaledRope)
                .put("seq_len", seqLen);
    }

    /** Width of a head. */
    public int headDim() {
        return dim / nHeads;
    }

    /** Width of the keys and of the values of a position, all heads together. */
    public int kvDim() {
        return nKvHeads * headDim();
    }

    /** Width of the feed-forward layer. */
    public int hiddenDim() {
        return (int) hiddenDim(dim, ffnDimMultiplier, multipleOf);
    }

    /** Elements of one layer's tensors. */
    long layerElements() {
        long d = dim;
        return 2 * d * d + 2 * d * kvDim() + 3 * d * hiddenDim() + 2 * d;
    }

    /** Elements of all tensors, token embeddings included. */
    public long elements() {
        return 2L * vocabSize * dim + nLayers * layerElements() + dim;
    }

    /** Values in the weight pool: a twentieth of {@link #elements()}, at least 50,000. */
    public long poolSize() {
        return Math.max(50_000L, (long) (elements() * 0.05));
    }

    /**
     * Floating-point operations of the matrix products that one nonce needs: in the last layer only the last position has a query, a feed-forward
     * pass and logits. Attention's own products, some thousandths more, are not counted.
     */
    public double flopsPerNonce() {
        double keysAndValues = 2.0 * dim * kvDim();
        double others = 2.0 * dim * dim + 3.0 * dim * hiddenDim();
        double everywhere = nLayers * keysAndValues + (nLayers - 1) * others;
        return 2.0 * (everywhere * seqLen + others + (double) vocabSize * dim);
    }

    // Widths are computed in double as the network's software does, then bounded before they become integers.
    private static double hiddenDim(int dim, double multiplier, int multipleOf) {
        double base = Math.floor(2.0 * (4.0 * dim) / 3.0);
        double scaled = Math.floor(multiplier * base);
        return Math.floor((scaled + multipleOf - 1) / multipleOf) * multipleOf;
    }

    private static List<Fault> faults(int dim, int heads, int kvHeads, double multiplier, int multipleOf) {
        List<Fault> faults = new ArrayList<>();
        if (dim % heads != 0) {
            faults.add(new Fault("n_heads", "must divide dim: " + dim + " / " + heads + " leaves a remainder"));
        } else if (dim / heads % 2 != 0) {
            faults.add(new Fault("n_heads", "dim / n_heads must be even, it is " + dim / heads));
        }
        if (kvHeads > heads || heads % kvHeads != 0) {
            faults.add(new Fault("n_kv_heads", "must divide n_heads: " + heads + " / " + kvHeads + " leaves a remainder"));
        }
        double hidden = hiddenDim(dim, multiplier, multipleOf);
        if (!(hidden >= 1 && hidden <= MAX_HIDDEN)) {
            faults.add(new Fault(
                    "ffn_dim_multiplier",
                    "with dim and multiple_of gives a feed-forward width of " + (long) hidden + "; it must be 1 to " + MAX_HIDDEN));
        }
        return faults;
    }
}
