package io.bignode.engine.cpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.bignode.engine.DeviceException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/**
 * OpenBLAS' single-precision matrix product. The library comes in a jar and is unpacked by JavaCPP; it is called directly, because a product's
 * operands are off-heap segments. OpenBLAS' own threads are switched off: the engine's threads each call it on a tile of their own.
 */
final class OpenBlas {
    /** The most threads that may be inside the library at once: it was built with this many buffers. */
    static final int MAX_CALLERS = 64;

    private static final int ROW_MAJOR = 101;
    private static final int NO_TRANSPOSE = 111;
    private static final int TRANSPOSE = 112;

    private static final SymbolLookup LIBRARY = OpenBlasLibrary.lookup();

    /**
     * {@code void cblas_sgemm(order, transA, transB, int m, int n, int k, float alpha, const float *a, int lda, const float *b, int ldb,
     * float beta, float *c, int ldc)}
     */
    private static final MethodHandle SGEMM = handle(
            "cblas_sgemm",
            FunctionDescriptor.ofVoid(
                    JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_FLOAT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, JAVA_FLOAT,
                    ADDRESS, JAVA_INT));

    /** {@code void openblas_set_num_threads(int threads)} */
    private static final MethodHandle SET_THREADS = handle("openblas_set_num_threads", FunctionDescriptor.ofVoid(JAVA_INT));

    /** {@code char *openblas_get_corename(void)} */
    private static final MethodHandle CORE_NAME = handle("openblas_get_corename", FunctionDescriptor.of(ADDRESS));

    static {
        setThreads(1);
    }

    private OpenBlas() {}

    /** {@code c (m, n) = a (m, k) · b (n, k)ᵀ + beta · c}, row-major with the given row strides in floats. */
    static void timesTransposed(
            int m, int n, int k, MemorySegment a, int strideA, MemorySegment b, int strideB, float beta, MemorySegment c, int strideC) {
        sgemm(TRANSPOSE, m, n, k, a, strideA, b, strideB, beta, c, strideC);
    }

    /** {@code c (m, n) = a (m, k) · b (k, n)}, row-major with the given row strides in floats. */
    static void times(int m, int n, int k, MemorySegment a, int strideA, MemorySegment b, int strideB, MemorySegment c, int strideC) {
        sgemm(NO_TRANSPOSE, m, n, k, a, strideA, b, strideB, 0f, c, strideC);
    }

    /** Lets the library split a product over threads of its own: only for measuring what it reaches alone. */
    static void setThreads(int threads) {
        try {
            SET_THREADS.invokeExact(threads);
        } catch (Throwable failure) {
            throw new DeviceException("openblas_set_num_threads failed", failure);
        }
    }

    /** The processor family whose kernels the library chose, for instance {@code Cooperlake}. */
    static String coreName() {
        try {
            return ((MemorySegment) CORE_NAME.invokeExact()).reinterpret(64).getString(0);
        } catch (Throwable failure) {
            throw new DeviceException("openblas_get_corename failed", failure);
        }
    }

    private static void sgemm(
            int transposeB, int m, int n, int k, MemorySegment a, int strideA, MemorySegment b, int strideB, float beta, MemorySegment c, int strideC) {
        // The library trusts its caller: a segment too short for its shape would be memory read or written beyond its end.
        requireRows(a, m, k, strideA);
        requireRows(b, transposeB == TRANSPOSE ? n : k, transposeB == TRANSPOSE ? k : n, strideB);
        requireRows(c, m, n, strideC);
        try {
            SGEMM.invokeExact(ROW_MAJOR, NO_TRANSPOSE, transposeB, m, n, k, 1f, a, strideA, b, strideB, beta, c, strideC);
        } catch (Throwable failure) {
            throw new DeviceException("cblas_sgemm failed", failure);
        }
    }

    private static void requireRows(MemorySegment matrix, int rows, int columns, int stride) {
        long needed = 4 * ((rows - 1L) * stride + columns);
        if (columns > stride || matrix.byteSize() < needed) {
            throw new IllegalArgumentException("(" + rows + ", " + columns + ") with stride " + stride + " needs " + needed + " bytes of "
                    + matrix.byteSize());
        }
    }

    private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
        return Linker.nativeLinker().downcallHandle(LIBRARY.findOrThrow(name), descriptor);
    }
}
