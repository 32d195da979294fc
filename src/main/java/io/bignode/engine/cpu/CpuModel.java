package io.bignode.engine.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.bignode.engine.CancelledException;
import io.bignode.engine.Model;
import io.bignode.engine.Turn;
import io.bignode.poc.ModelParams;
import io.bignode.poc.NonceInputs;
import io.bignode.poc.RotaryTable;
import io.bignode.poc.Target;
import io.bignode.poc.WeightPool;
import io.bignode.poc.WeightTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * The transformer's forward pass on the CPU. Activations are float32 that float16 can represent, rounded wherever the function says; matrix
 * products accumulate in float32. Weights are read from the pool tile by tile and never stored.
 *
 * <p>Shapes: b nonces, t positions, r = b * t rows, d = dim, f = feed-forward width, h heads of width c.
 */
final class CpuModel implements Model {
    /** Rows an elementwise step takes at a time. */
    private static final int ROW_BLOCK = 64;

    private final ModelParams p;
    private final WeightPool pool;
    private final int maxBatch;
    private final RotaryTable rotary;
    private final Target target;

    /** All cores compute one batch: whoever comes while they do waits here. */
    private final ReentrantLock computing = new ReentrantLock(true);

    private final Arena arena = Arena.ofShared();
    private final ComputeThreads<Scratch> threads;

    private final Matrix residual; // (r, d)
    private final Matrix x; // (r, d): what a block's products read
    private final Matrix query; // (r, d)
    private final Matrix key; // (r, kv)
    private final Matrix value; // (r, kv)
    private final Matrix hidden; // (r, f)

    private BooleanSupplier cancelled = () -> false;

    CpuModel(ModelParams params, WeightPool pool, int maxBatch, int threads) {
        this.p = params;
        this.pool = pool;
        this.maxBatch = maxBatch;
        this.rotary = RotaryTable.of(params);
        this.target = Target.of(pool.blockHash(), params.vocabSize());
        int rows = Math.multiplyExact(maxBatch, params.seqLen());
        this.threads = new ComputeThreads<>(threads, "cpu-", thread -> new Scratch(arena, params, rows));
        this.residual = Matrix.allocate(arena, rows, params.dim());
        this.x = Matrix.allocate(arena, rows, params.dim());
        this.query = Matrix.allocate(arena, rows, params.dim());
        this.key = Matrix.allocate(arena, rows, params.kvDim());
        this.value = Matrix.allocate(arena, rows, params.kvDim());
        this.hidden = Matrix.allocate(arena, rows, params.hiddenDim());
    }

    /** Bytes off the heap that a model opened with this batch takes, the pool not counted. */
    static long bytes(ModelParams p, int maxBatch, int threads) {
        long rows = (long) maxBatch * p.seqLen();
        long columns = 3L * p.dim() + 2L * p.kvDim() + p.hiddenDim();
        return 4 * rows * columns + threads * Scratch.bytes(p, (int) Math.min(rows, Scratch.MAX_ROWS));
    }

    @Override
    public int maxBatch() {
        return maxBatch;
    }

    @Override
    public NonceInputs newInputs() {
        return new NonceInputs(p, maxBatch, UntouchedMemory::allocate);
    }

    @Override
    public Computed distances(NonceInputs inputs, BooleanSupplier cancelled) throws CancelledException {
        Turn.take(computing, cancelled);
        try {
            long start = System.nanoTime();
            float[] logits = logits(inputs, cancelled);
            double[] distances = new double[inputs.count()];
            for (int i = 0; i < distances.length; i++) {
                distances[i] = target.distance(inputs.permutations(i, 1), logits, i);
            }
            return new Computed(distances, System.nanoTime() - start);
        } finally {
            computing.unlock();
        }
    }

    /** The last position's logits of each nonce, before its permutation: (b, vocab_size), row-major. */
    private float[] logits(NonceInputs inputs, BooleanSupplier cancelled) throws CancelledException {
        int b = inputs.count();
        if (b < 1 || b > maxBatch) {
            throw new IllegalArgumentException("a batch of " + b + " nonces, 1 to " + maxBatch + " can be taken");
        }
        this.cancelled = cancelled;
        Products products = new Products(threads, cancelled);
        int t = p.seqLen();
        embed(inputs);
        for (int layer = 0; layer < p.nLayers(); layer++) {
            // Only the last position's logits are asked for: in the last layer the others serve as keys and values, no more.
            boolean last = layer == p.nLayers() - 1;
            String name = "layers." + layer + ".";
            normalise(b * t, tensor(name + "attention_norm.weight", 1));
            keysAndValues(products, name, b);
            int rows = last ? keepLastPositions(b) : b * t;
            attention(products, name, rows, rows / b);
            normalise(rows, tensor(name + "ffn_norm.weight", 1));
            feedForward(products, name, rows);
            if (cancelled.getAsBoolean()) {
                throw new CancelledException();
            }
        }
        normalise(b, tensor("norm.weight", 1));
        float[] logits = output(products, b);
        if (cancelled.getAsBoolean()) {
            throw new CancelledException();
        }
        return logits;
    }

    /** The input rows are the residual stream's start: this model has no token embedding. */
    private void embed(NonceInputs inputs) {
        int t = p.seqLen();
        MemorySegment rows = inputs.rows(0, inputs.count());
        forRows(inputs.count() * t, (row, scratch) -> {
            MemorySegment.copy(rows, JAVA_SHORT, 2L * row * p.dim(), scratch.halves, 0, p.dim());
            Rows.widen(scratch.halves, scratch.row, p.dim());
            residual.write(row, 0, scratch.row, p.dim());
        });
    }

    /** {@code x = rmsnorm(residual) * weight}. */
    private void normalise(int rows, WeightTensor weight) {
        float[] scale = new float[p.dim()];
        short[] halves = new short[p.dim()];
        weight.read(0, halves, 0, p.dim());
        Rows.widen(halves, scale, p.dim());
        forRows(rows, (row, scratch) -> {
            residual.read(row, 0, scratch.row, p.dim());
            Rows.normalise(scratch.row, scale, (float) p.normEps(), p.dim());
            x.write(row, 0, scratch.row, p.dim());
        });
    }

    /** {@code key = rope(x · wkᵀ)}, {@code value = x · wvᵀ}, for every position. */
    private void keysAndValues(Products products, String name, int b) {
        int rows = b * p.seqLen();
        products.linear(x, rows, tensor(name + "attention.wk.weight", p.kvDim()), p.kvDim(), into(key));
        products.linear(x, rows, tensor(name + "attention.wv.weight", p.kvDim()), p.kvDim(), into(value));
        rotate(key, rows, 0, p.seqLen());
    }

    /** {@code residual += softmax(rope(x · wqᵀ) · keyᵀ / sqrt(c)) · value · woᵀ}, for the last {@code queries} positions of each nonce. */
    private void attention(Products products, String name, int rows, int queries) {
        products.linear(x, rows, tensor(name + "attention.wq.weight", p.dim()), p.dim(), into(query));
        rotate(query, rows, p.seqLen() - queries, queries);
        threads.run(rows / queries * p.nHeads(), (index, scratch) -> {
            if (!cancelled.getAsBoolean()) {
                attend(index / p.nHeads(), index % p.nHeads(), queries, scratch);
            }
        });
        products.linear(x, rows, tensor(name + "attention.wo.weight", p.dim()), p.dim(), intoResidual());
    }

    /** One head of one nonce: queries to {@code x}, a block of positions at a time; a position sees itself and those before it. */
    private void attend(int nonce, int head, int queries, Scratch scratch) {
        int c = p.headDim();
        int kvColumn = head / (p.nHeads() / p.nKvHeads()) * c;
        long firstKey = (long) nonce * p.seqLen();
        float root = (float) Math.sqrt(c);
        for (int block = 0; block < queries; block += Scratch.QUERIES) {
            int height = Math.min(Scratch.QUERIES, queries - block);
            int position = p.seqLen() - queries + block;
            int seen = position + height;
            long row = (long) nonce * queries + block;
            OpenBlas.timesTransposed(
                    height, seen, c, query.from(row, head * c), p.dim(), key.from(firstKey, kvColumn), p.kvDim(), 0f, scratch.scores, seen);
            for (int i = 0; i < height; i++) {
                int visible = position + i + 1;
                MemorySegment.copy(scratch.scores, JAVA_FLOAT, 4L * i * seen, scratch.row, 0, visible);
                Rows.softmax(scratch.row, root, visible);
                Arrays.fill(scratch.row, visible, seen, 0f);
                MemorySegment.copy(scratch.row, 0, scratch.scores, JAVA_FLOAT, 4L * i * seen, seen);
            }
            OpenBlas.times(height, c, seen, scratch.scores, seen, value.from(firstKey, kvColumn), p.kvDim(), scratch.result, c);
            for (int i = 0; i < height; i++) {
                MemorySegment.copy(scratch.result, JAVA_FLOAT, 4L * i * c, scratch.row, 0, c);
                Rows.round(scratch.row, c);
                x.write(row + i, head * c, scratch.row, c);
            }
        }
    }

    /** {@code residual += w2(silu(w1 x) * w3 x)}. */
    private void feedForward(Products products, String name, int rows) {
        int f = p.hiddenDim();
        WeightTensor w1 = pool.tensor(name + "feed_forward.w1.weight", (long) f * p.dim());
        WeightTensor w2 = pool.tensor(name + "feed_forward.w2.weight", (long) f * p.dim());
        WeightTensor w3 = pool.tensor(name + "feed_forward.w3.weight", (long) f * p.dim());
        products.gated(x, rows, w1, w3, f, hidden);
        products.linear(hidden, rows, w2, p.dim(), intoResidual());
    }

    /** (b, vocab_size) float32 that float16 can represent. */
    private float[] output(Products products, int b) {
        int vocab = p.vocabSize();
        float[] logits = new float[Math.multiplyExact(b, vocab)];
        products.linear(x, b, tensor("output.weight", vocab), vocab, (row, column, count, scratch) -> {
            Rows.round(scratch.row, count);
            System.arraycopy(scratch.row, 0, logits, row * vocab + column, count);
        });
        return logits;
    }

    /** Moves each nonce's last position to the front of the residual stream and of {@code x}. */
    private int keepLastPositions(int b) {
        float[] row = new float[p.dim()];
        for (Matrix matrix : new Matrix[] {residual, x}) {
            for (int nonce = 0; nonce < b; nonce++) {
                matrix.read((nonce + 1L) * p.seqLen() - 1, 0, row, p.dim());
                matrix.write(nonce, 0, row, p.dim());
            }
        }
        return b;
    }

    /** Rotates rows that hold {@code perNonce} positions of each nonce, the first of them at {@code position}. */
    private void rotate(Matrix matrix, int rows, int position, int perNonce) {
        int pairs = p.headDim() / 2;
        forRows(rows, (row, scratch) -> {
            matrix.read(row, 0, scratch.row, matrix.columns());
            int at = (position + row % perNonce) * pairs;
            Rows.rotate(scratch.row, matrix.columns(), rotary.cos(), rotary.sin(), at, pairs);
            matrix.write(row, 0, scratch.row, matrix.columns());
        });
    }

    private WeightTensor tensor(String name, int rows) {
        return pool.tensor(name, (long) rows * p.dim());
    }

    private static Products.RowSink into(Matrix matrix) {
        return (row, column, count, scratch) -> {
            Rows.round(scratch.row, count);
            matrix.write(row, column, scratch.row, count);
        };
    }

    private Products.RowSink intoResidual() {
        return (row, column, count, scratch) -> {
            Rows.round(scratch.row, count);
            residual.read(row, column, scratch.secondRow, count);
            Rows.add(scratch.row, scratch.secondRow, count);
            residual.write(row, column, scratch.row, count);
        };
    }

    @FunctionalInterface
    private interface RowStep {
        void run(int row, Scratch scratch);
    }

    private void forRows(int rows, RowStep step) {
        threads.run(Math.ceilDiv(rows, ROW_BLOCK), (block, scratch) -> {
            int end = Math.min(rows, (block + 1) * ROW_BLOCK);
            for (int row = block * ROW_BLOCK; row < end; row++) {
                step.run(row, scratch);
            }
        });
    }

    @Override
    public void close() {
        threads.close();
        arena.close();
    }
}
