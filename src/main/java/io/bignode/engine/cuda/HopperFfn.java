package io.bignode.engine.cuda;

import io.bignode.engine.cuda.Kernel.Grid;
import io.bignode.poc.ModelParams;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Optional;

/**
 * The first half of the feed-forward layer in one kernel of our own, for Hopper: {@code silu(x · w1ᵀ) * (x · w3ᵀ)} with nothing written in
 * between. How it works stands in {@code kernels/ffn_sm90.cu}.
 */
final class HopperFfn {
    /** The only architecture that has its instructions. */
    static final String ARCHITECTURE = "sm_90";

    static final String FILE = "ffn_sm90.cu";
    private static final int THREADS = 384;

    /** {@code SHARED_BYTES} of the kernel. */
    private static final int SHARED_BYTES = 1024 + 4 * 3 * 128 * 64 * 2 + 2 * 4 * 8;

    /** Fewer rows would be computed as so many. */
    static final int MIN_ROWS = 128;

    /** Rows and columns of what is copied at a time. */
    private static final int BOX_ROWS = 128;

    private static final int BOX_COLUMNS = 64;
    private static final int TILE_ROWS = 256;
    private static final int TILE_COLUMNS = 128;
    private static final long MAP_BYTES = 128;
    private static final long MAP_ALIGNMENT = 64;

    private final Gpu gpu;
    private final Kernel kernel;
    private final int dim;
    private final int width;

    private HopperFfn(Gpu gpu, ModelParams params) {
        this.gpu = gpu;
        this.dim = params.dim();
        this.width = params.hiddenDim();
        this.kernel = gpu.kernel(FILE, "ffn_sm90", "a", Map.of());
        kernel.allowSharedMemory(SHARED_BYTES);
    }

    /** The kernel for a model; empty where the GPU is no Hopper or the model's rows do not begin at multiples of sixteen bytes. */
    static Optional<HopperFfn> of(Gpu gpu, ModelParams params) {
        return fits(gpu, params) ? Optional.of(new HopperFfn(gpu, params)) : Optional.empty();
    }

    /** Whether the GPU and the model are of the kind that the kernel is made for. */
    static boolean fits(Gpu gpu, ModelParams params) {
        return gpu.architecture().equals(ARCHITECTURE) && params.dim() % 8 == 0 && params.hiddenDim() % 8 == 0;
    }

    /**
     * Launches it.
     *
     * @param x    (rows, dim)
     * @param gate w1, (hidden, dim)
     * @param up   w3, (hidden, dim)
     * @param out  (rows, hidden)
     */
    void run(int rows, long x, long gate, long up, long out) {
        int tiles = Math.ceilDiv(rows, TILE_ROWS) * Math.ceilDiv(width, TILE_COLUMNS);
        // Two blocks share a tile.
        int blocks = 2 * Math.clamp(gpu.multiprocessors() / 2, 1, tiles);
        try (Arena arena = Arena.ofConfined()) {
            kernel.launch(
                    gpu.computeStream(), Grid.of(blocks), THREADS, SHARED_BYTES,
                    new Object[] {map(arena, x, rows), map(arena, gate, width), map(arena, up, width), out, rows, dim, width});
        }
    }

    private MemorySegment map(Arena arena, long address, int rows) {
        MemorySegment map = arena.allocate(MAP_BYTES, MAP_ALIGNMENT);
        gpu.driver().encodeTensorMap(map, address, rows, dim, 2L * dim, BOX_ROWS, BOX_COLUMNS);
        return map;
    }
}
