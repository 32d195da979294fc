package io.bignode.engine.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.bignode.engine.DeviceException;
import io.bignode.engine.DeviceLostException;
import io.bignode.engine.DeviceMemoryException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * NVIDIA's matrix products of the current context's GPU. Products read float16, sum in float32 and round once.
 *
 * @see <a href="https://docs.nvidia.com/cuda/cublas/#using-the-cublaslt-api">cuBLASLt</a>
 */
final class CublasLt implements AutoCloseable {
    /** {@code CUDA_R_32F}, {@code CUDA_R_16F} */
    private static final int FLOAT32 = 0;

    private static final int FLOAT16 = 2;

    /** {@code CUBLAS_COMPUTE_32F} */
    private static final int COMPUTE_FLOAT32 = 68;

    /** {@code CUBLASLT_MATMUL_DESC_TRANSA}, {@code CUBLAS_OP_T} */
    private static final int DESC_TRANSPOSE_A = 3;

    private static final int TRANSPOSE = 1;

    /** {@code CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES}, {@code …_REDUCTION_SCHEME_MASK}, {@code …_MIN_ALIGNMENT_A_BYTES} to {@code …_D_BYTES} */
    private static final int PREF_WORKSPACE = 1;

    private static final int PREF_REDUCTION = 3;
    private static final int PREF_ALIGNMENT_A = 5;
    private static final int PREF_ALIGNMENT_D = 8;

    /** {@code CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE}: partial sums are added in float32, never in the output's float16. */
    private static final int REDUCE_IN_FLOAT32 = 2;

    /** {@code CUBLAS_STATUS_…} */
    private static final int ALLOC_FAILED = 3;

    private static final int EXECUTION_FAILED = 13;

    /** {@code cublasLtMatmulHeuristicResult_t}: the algorithm's 64 bytes, workspace, status, waves and reserved words. */
    private static final long HEURISTIC_BYTES = 96;

    private static final int KEPT_ANSWERS = 256;

    private static final long HEURISTIC_WORKSPACE = 64;
    private static final long HEURISTIC_STATUS = 72;

    private final MethodHandle create;
    private final MethodHandle destroy;
    private final MethodHandle descCreate;
    private final MethodHandle descSet;
    private final MethodHandle descDestroy;
    private final MethodHandle layoutCreate;
    private final MethodHandle layoutDestroy;
    private final MethodHandle preferenceCreate;
    private final MethodHandle preferenceSet;
    private final MethodHandle preferenceDestroy;
    private final MethodHandle heuristic;
    private final MethodHandle matmul;
    private final MethodHandle statusString;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment one = arena.allocateFrom(JAVA_FLOAT, 1f);
    private final MemorySegment zero = arena.allocateFrom(JAVA_FLOAT, 0f);
    private final long handle;

    /** What the library answered, the least used of it forgotten. */
    private final Map<Question, List<Algorithm>> proposed = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Question, List<Algorithm>> eldest) {
            return size() > KEPT_ANSWERS;
        }
    };

    private boolean closed;

    /** Opens the library on the current context. */
    CublasLt(NativeLibrary library) {
        // cublasStatus_t cublasLtCreate(cublasLtHandle_t *handle)
        create = library.status("cublasLtCreate", ADDRESS);
        // cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle)
        destroy = library.status("cublasLtDestroy", JAVA_LONG);
        // cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t *desc, cublasComputeType_t compute, cudaDataType_t scale)
        descCreate = library.status("cublasLtMatmulDescCreate", ADDRESS, JAVA_INT, JAVA_INT);
        // cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t desc, cublasLtMatmulDescAttributes_t, const void *value, size_t bytes)
        descSet = library.status("cublasLtMatmulDescSetAttribute", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
        // cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t desc)
        descDestroy = library.status("cublasLtMatmulDescDestroy", JAVA_LONG);
        // cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t *layout, cudaDataType type, uint64_t rows, uint64_t cols, int64_t ld)
        layoutCreate = library.status("cublasLtMatrixLayoutCreate", ADDRESS, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
        // cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout)
        layoutDestroy = library.status("cublasLtMatrixLayoutDestroy", JAVA_LONG);
        // cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t *preference)
        preferenceCreate = library.status("cublasLtMatmulPreferenceCreate", ADDRESS);
        // cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t, cublasLtMatmulPreferenceAttributes_t, const void *, size_t)
        preferenceSet = library.status("cublasLtMatmulPreferenceSetAttribute", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
        // cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference)
        preferenceDestroy = library.status("cublasLtMatmulPreferenceDestroy", JAVA_LONG);
        // cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t, cublasLtMatrixLayout_t a, b, c, d,
        //                                               cublasLtMatmulPreference_t, int wanted, cublasLtMatmulHeuristicResult_t *found, int *count)
        heuristic = library.status(
                "cublasLtMatmulAlgoGetHeuristic", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS,
                ADDRESS);
        // cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t, const void *alpha, const void *a, layout a, const void *b, layout b,
        //                               const void *beta, const void *c, layout c, void *d, layout d, const cublasLtMatmulAlgo_t *, void *workspace,
        //                               size_t workspaceBytes, cudaStream_t)
        matmul = library.status(
                "cublasLtMatmul", JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG);
        // const char *cublasLtGetStatusString(cublasStatus_t status)
        statusString = library.text("cublasLtGetStatusString", JAVA_INT);
        handle = longOf("cublasLtCreate", out -> (int) create.invokeExact(out));
    }

    /** A way to compute a product, as the library proposes it. */
    record Algorithm(MemorySegment choice, long workspaceBytes) {
        /** The library's own words for it, the same whenever the same version of the library proposes it on the same kind of GPU. */
        byte[] bytes() {
            return choice.asSlice(0, HEURISTIC_WORKSPACE).toArray(JAVA_BYTE);
        }
    }

    /** What the library was asked. */
    private record Question(Shape shape, long workspaceBytes, int wanted) {}

    /**
     * A product's shape: {@code d (rows, n) = x (rows, k) · w (n, k)ᵀ}, row-major.
     *
     * @param xStride from one row of x to the next, in values; the other matrices' rows follow each other
     */
    record Shape(int rows, int n, int k, long xStride) {}

    /** A product ready to run. Its algorithm is the library's first choice until another is set. */
    final class Product implements AutoCloseable {
        private final Shape shape;
        private final long desc;
        private final long weightLayout;
        private final long inputLayout;
        private final long outputLayout;
        private final List<Algorithm> proposals;
        private Algorithm algorithm;

        private Product(Shape shape, long workspaceBytes, int proposals) {
            this.shape = shape;
            desc = longOf("cublasLtMatmulDescCreate", out -> (int) descCreate.invokeExact(out, COMPUTE_FLOAT32, FLOAT32));
            setInt(descSet, desc, DESC_TRANSPOSE_A, TRANSPOSE);
            // The library thinks in columns: a row-major (rows, k) matrix is its (k, rows), so the weights come first and the result is d's transpose.
            weightLayout = layout(shape.k(), shape.n(), shape.k());
            inputLayout = layout(shape.k(), shape.rows(), shape.xStride());
            outputLayout = layout(shape.n(), shape.rows(), shape.n());
            this.proposals = proposed(new Question(shape, workspaceBytes, proposals));
            algorithm = this.proposals.getFirst();
        }

        /** The library's proposals, its favourite first. */
        List<Algorithm> proposals() {
            return proposals;
        }

        /** Uses another proposal from now on. */
        void use(Algorithm choice) {
            algorithm = choice;
        }

        /** Launches it: device addresses of weights, inputs, result and workspace. */
        void run(long w, long x, long d, long workspace, long stream) {
            check("cublasLtMatmul " + shape, NativeLibrary.status("cublasLtMatmul", () -> (int) matmul.invokeExact(
                    handle, desc, one, w, weightLayout, x, inputLayout, zero, d, outputLayout, d, outputLayout, algorithm.choice(), workspace,
                    algorithm.workspaceBytes(), stream)));
        }

        /** The library answers a question the same way each time, and takes its time for it. */
        private List<Algorithm> proposed(Question question) {
            synchronized (proposed) {
                List<Algorithm> known = proposed.get(question);
                if (known != null) return known;
            }
            List<Algorithm> answer = propose(question.workspaceBytes(), question.wanted());
            synchronized (proposed) {
                proposed.put(question, answer);
            }
            return answer;
        }

        private List<Algorithm> propose(long workspaceBytes, int wanted) {
            long preference = longOf("cublasLtMatmulPreferenceCreate", out -> (int) preferenceCreate.invokeExact(out));
            try (Arena scratch = Arena.ofConfined()) {
                MemorySegment bytes = scratch.allocateFrom(JAVA_LONG, workspaceBytes);
                check("cublasLtMatmulPreferenceSetAttribute", NativeLibrary.status(
                        "cublasLtMatmulPreferenceSetAttribute", () -> (int) preferenceSet.invokeExact(preference, PREF_WORKSPACE, bytes, 8L)));
                setInt(preferenceSet, preference, PREF_REDUCTION, REDUCE_IN_FLOAT32);
                int alignment = alignment();
                for (int operand = PREF_ALIGNMENT_A; operand <= PREF_ALIGNMENT_D; operand++) setInt(preferenceSet, preference, operand, alignment);
                MemorySegment results = Arena.ofAuto().allocate(wanted * HEURISTIC_BYTES, 8);
                MemorySegment count = scratch.allocate(JAVA_INT);
                check("cublasLtMatmulAlgoGetHeuristic " + shape, NativeLibrary.status("cublasLtMatmulAlgoGetHeuristic", () -> (int) heuristic.invokeExact(
                        handle, desc, weightLayout, inputLayout, outputLayout, outputLayout, preference, wanted, results, count)));
                List<Algorithm> usable = new ArrayList<>();
                for (int i = 0; i < count.get(JAVA_INT, 0); i++) {
                    MemorySegment result = results.asSlice(i * HEURISTIC_BYTES, HEURISTIC_BYTES);
                    if (result.get(JAVA_INT, HEURISTIC_STATUS) == 0) usable.add(new Algorithm(result, result.get(JAVA_LONG, HEURISTIC_WORKSPACE)));
                }
                if (usable.isEmpty()) throw new DeviceException("cuBLASLt has no algorithm for the product " + shape);
                return usable;
            } finally {
                check("cublasLtMatmulPreferenceDestroy", NativeLibrary.status(
                        "cublasLtMatmulPreferenceDestroy", () -> (int) preferenceDestroy.invokeExact(preference)));
            }
        }

        /** Matrices begin at multiples of sixteen bytes; their rows do where their lengths allow. */
        private int alignment() {
            long strides = shape.k() | shape.n() | shape.xStride();
            return (int) Math.min(16, 2 * Long.lowestOneBit(strides));
        }

        @Override
        public void close() {
            for (long layout : new long[] {weightLayout, inputLayout, outputLayout}) {
                check("cublasLtMatrixLayoutDestroy", NativeLibrary.status(
                        "cublasLtMatrixLayoutDestroy", () -> (int) layoutDestroy.invokeExact(layout)));
            }
            check("cublasLtMatmulDescDestroy", NativeLibrary.status("cublasLtMatmulDescDestroy", () -> (int) descDestroy.invokeExact(desc)));
        }
    }

    /**
     * Prepares a product.
     *
     * @param workspaceBytes device memory it may use beside its operands
     * @param proposals      how many ways to ask the library for, at least 1
     */
    Product product(Shape shape, long workspaceBytes, int proposals) {
        return new Product(shape, workspaceBytes, proposals);
    }

    @Override
    public void close() {
        if (closed) return;
        closed = true;
        arena.close();
        check("cublasLtDestroy", NativeLibrary.status("cublasLtDestroy", () -> (int) destroy.invokeExact(handle)));
    }

    private long layout(long rows, long columns, long stride) {
        return longOf("cublasLtMatrixLayoutCreate", out -> (int) layoutCreate.invokeExact(out, FLOAT16, rows, columns, stride));
    }

    private void setInt(MethodHandle setter, long object, int attribute, int value) {
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment word = scratch.allocateFrom(JAVA_INT, value);
            check("cuBLASLt attribute " + attribute, NativeLibrary.status(
                    "cuBLASLt attribute", () -> (int) setter.invokeExact(object, attribute, word, 4L)));
        }
    }

    @FunctionalInterface
    private interface OutCall {
        int invoke(MemorySegment out) throws Throwable;
    }

    private long longOf(String function, OutCall call) {
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment out = scratch.allocate(JAVA_LONG);
            check(function, NativeLibrary.status(function, () -> call.invoke(out)));
            return out.get(JAVA_LONG, 0);
        }
    }

    private void check(String function, int status) {
        if (status == 0) return;
        String message = function + ": " + describe(status);
        if (status == ALLOC_FAILED) throw new DeviceMemoryException(message);
        if (status == EXECUTION_FAILED) throw new DeviceLostException(message);
        throw new DeviceException(message);
    }

    private String describe(int status) {
        try {
            return ((MemorySegment) statusString.invokeExact(status)).reinterpret(1024).getString(0);
        } catch (Throwable failure) {
            throw new DeviceException("cublasLtGetStatusString could not be called", failure);
        }
    }
}
