// The first half of the feed-forward layer in one kernel, for Hopper: both products and the gated linear unit, so that gate and up are never written.
//
//   gate = x . w1^T, up = x . w3^T                    float32 sums, each rounded to float16 once
//   out = silu(gate) * up                             silu(x) = x / (1 + exp(-x)) in float32, rounded to float16; then times up, rounded to float16
//
// Shapes: x (rows, dim), w1 and w3 (width, dim), out (rows, width), row-major; dim and width are multiples of 8, the matrices begin at multiples of sixteen bytes.
// Order of summation: ascending blocks of 64 columns of x, within a block as the tensor cores sum.
//
// A cluster of two blocks computes 256 rows of 128 columns of out: each block has 128 rows of its own, and both need the same 256 rows of w1 and w3. Block 0 brings those of w1
// to both, block 1 those of w3, so that a weight crosses from the second-level cache once for two blocks. Within a block one warp brings boxes of 64 columns into STAGES
// buffers; two warpgroups of 64 rows each multiply them with the 128 + 128 rows of w1 and w3 in one instruction, which leaves gate and up of the same place in the same thread.
//
// At a tile's end a thread only rounds its sums and packs them, 128 registers into 64: that is all for which the tensor cores wait. The gated linear unit
// follows in PARTS parts, each while the tensor cores work at one step of the next tile; four neighbours exchange pairs, so that each writes sixteen bytes.
//
// Launch: 384 threads, SHARED_BYTES of dynamic shared memory, an even number of blocks, at most one for each multiprocessor; clusters take tiles in turn.
// Parameters: the maps of x, w1 and w3 by value; out; rows, dim, width as 32-bit integers.
// Maps: two dimensions, dim columns next to each other and 2 dim bytes from row to row; boxes of 64 columns by 128 rows, each element; float16, no interleave,
// 128-byte swizzle, zero beyond the matrix. x has `rows` rows, w1 and w3 have `width`.
#include "gpu.cuh"
#include "sm90.cuh"

#define STAGES 4
#define BLOCK_ROWS 128
#define BLOCK_COLUMNS 128
#define DEPTH 64
// Row blocks that are computed one after the other before the next columns: their x stays in the second-level cache.
#define GROUP 8
// A tile is finished in so many parts.
#define PARTS 8

#define BOX_BYTES (128 * DEPTH * 2)
#define STAGE_BYTES (3 * BOX_BYTES)
#define SHARED_BYTES (1024 + STAGES * STAGE_BYTES + 2 * STAGES * 8)

// One tile after the other, in an order in which neighbours share what they read.
struct Tiles {
    int row_pairs, columns;

    __device__ __forceinline__ int count() const { return row_pairs * columns; }
    __device__ __forceinline__ void at(int tile, int* row_pair, int* column) const {
        const int group = tile / (GROUP * columns);
        const int in_group = min(GROUP, row_pairs - group * GROUP);
        const int rest = tile - group * GROUP * columns;
        *row_pair = group * GROUP + rest % in_group;
        *column = rest / in_group;
    }
};

// The ring of buffers: step n of a block, over all its tiles, uses buffer n mod STAGES for the n / STAGES-th time.
__device__ __forceinline__ unsigned buffer_of(unsigned n) { return n % STAGES; }
__device__ __forceinline__ unsigned parity_of(unsigned n) { return n / STAGES % 2; }

__device__ __forceinline__ void bring(unsigned char* buffers, Barrier* full, Barrier* empty, const TensorMap* x, const TensorMap* w, Tiles tiles, int steps) {
    const unsigned rank = cluster_rank();
    unsigned n = 0;
    for (int tile = blockIdx.x / 2; tile < tiles.count(); tile += gridDim.x / 2) {
        int row_pair, column;
        tiles.at(tile, &row_pair, &column);
        for (int step = 0; step < steps; step++, n++) {
            // Both blocks' warpgroups are done with the buffer that both blocks write now.
            barrier_wait(&empty[buffer_of(n)], parity_of(n) ^ 1);
            unsigned char* stage = buffers + buffer_of(n) * STAGE_BYTES;
            Barrier* arrived = &full[buffer_of(n)];
            barrier_expect(arrived, STAGE_BYTES);
            load_box(stage, x, arrived, step * DEPTH, (2 * row_pair + rank) * BLOCK_ROWS);
            load_box_to_cluster(stage + (1 + rank) * BOX_BYTES, w, arrived, step * DEPTH, column * BLOCK_COLUMNS, 3);
        }
    }
}

// Lane q of four neighbours has pair q of each of four rows of four pairs, and gets the whole row q.
__device__ __forceinline__ Half8 row_of_four(const unsigned pairs[4], int lane) {
    const bool odd = lane & 1, upper = lane & 2;
    const unsigned a = __shfl_xor_sync(0xffffffffu, odd ? pairs[0] : pairs[1], 1);
    const unsigned b = __shfl_xor_sync(0xffffffffu, odd ? pairs[2] : pairs[3], 1);
    const unsigned first[2] = {odd ? a : pairs[0], odd ? pairs[1] : a};
    const unsigned second[2] = {odd ? b : pairs[2], odd ? pairs[3] : b};
    const unsigned c = __shfl_xor_sync(0xffffffffu, upper ? first[0] : second[0], 2);
    const unsigned d = __shfl_xor_sync(0xffffffffu, upper ? first[1] : second[1], 2);
    return upper ? Half8{{c, d, second[0], second[1]}} : Half8{{first[0], first[1], c, d}};
}

// A tile's gate and up, rounded and packed, which wait for the gated linear unit while the next tile's products run. Index 16 r + j: the thread's two columns
// of the j-th eight, in its first row or the one eight below.
struct Waiting {
    unsigned gate[32], up[32];
    // Where the thread's quarter of its first row begins.
    half_bits* to;
    // How many of the tile's columns and, from the thread's first row on, how many rows are within the matrix.
    int columns, rows;

    __device__ __forceinline__ void nothing() {
#pragma unroll
        for (int i = 0; i < 32; i++) {
            gate[i] = up[i] = 0;
        }
        to = nullptr;
        columns = rows = 0;
    }

    __device__ __forceinline__ void take(const float d[128], half_bits* first_row, int columns_within, int rows_within) {
#pragma unroll
        for (int i = 0; i < 32; i++) {
            const int at = i % 16 * 4 + i / 16 * 2;
            gate[i] = narrow_pair(d[at], d[at + 1]);
            up[i] = narrow_pair(d[64 + at], d[64 + at + 1]);
        }
        to = first_row;
        columns = columns_within;
        rows = rows_within;
    }

    // One of PARTS: 32 columns of one row, which four neighbours write as 64 bytes.
    __device__ __forceinline__ void finish(int part, int width) const {
        const int below = part / 4, first = part % 4 * 32, own = first + threadIdx.x % 4 * 8;
        // For the whole warp. Without a condition the compiler gates before it starts the step's products.
        if (first < columns) {
            unsigned pairs[4];
#pragma unroll
            for (int i = 0; i < 4; i++) {
                const int at = 16 * below + first / 8 + i;
                pairs[i] = gated(gate[at], up[at]);
            }
            const Half8 eight = row_of_four(pairs, threadIdx.x % 4);
            if (own < columns && 8 * below < rows) {
                *(Half8*)(to + 8ll * below * width + first) = eight;
            }
        }
    }
};

// The products of one step, once its boxes are there; then hands back the buffers of the step before it.
__device__ __forceinline__ void step_of(
        float d[128], const unsigned char* buffers, Barrier* full, Barrier* empty, unsigned n, bool first, int warpgroup, int thread) {
    barrier_wait(&full[buffer_of(n)], parity_of(n));
    const unsigned char* stage = buffers + buffer_of(n) * STAGE_BYTES;
    const unsigned char* own_rows = stage + warpgroup * (64 * DEPTH * 2);
    products_begin();
#pragma unroll
    for (int k = 0; k < DEPTH / 16; k++) {
        product_64x256x16(d, matrix_in_shared(own_rows + 32 * k), matrix_in_shared(stage + BOX_BYTES + 32 * k), !first || k > 0);
    }
    products_end();
    // The products of the step before are over: its buffers may be written again, here and in the other block.
    products_wait<1>();
    if (!first && thread < 2) {
        barrier_arrive(&empty[buffer_of(n - 1)], thread);
    }
}

__device__ __forceinline__ void multiply(
        const unsigned char* buffers, Barrier* full, Barrier* empty, half_bits* out, int rows, int width, Tiles tiles, int steps, int warpgroup) {
    const int thread = threadIdx.x % 128;
    Waiting waiting;
    waiting.nothing();
    unsigned n = 0;
    for (int tile = blockIdx.x / 2; tile < tiles.count(); tile += gridDim.x / 2) {
        float d[128];
        // The tile before is finished part by part, each while the tensor cores work at a step of this one.
#pragma unroll
        for (int part = 0; part < PARTS; part++) {
            if (part == 0 || part < steps) {
                step_of(d, buffers, full, empty, n++, part == 0, warpgroup, thread);
            }
            waiting.finish(part, width);
        }
#pragma unroll 1
        for (int step = PARTS; step < steps; step++) {
            step_of(d, buffers, full, empty, n++, false, warpgroup, thread);
        }
        int row_pair, column;
        tiles.at(tile, &row_pair, &column);
        const int row = (2 * row_pair + cluster_rank()) * BLOCK_ROWS + 64 * warpgroup + thread / 32 * 16 + thread % 32 / 4;
        half_bits* to = out + (long long)row * width + column * BLOCK_COLUMNS + 8 * (thread % 4);
        products_wait_all(d);
        if (thread < 2) {
            barrier_arrive(&empty[buffer_of(n - 1)], thread);
        }
        waiting.take(d, to, width - column * BLOCK_COLUMNS, rows - row);
    }
#pragma unroll
    for (int part = 0; part < PARTS; part++) {
        waiting.finish(part, width);
    }
}

extern "C" __global__ void __cluster_dims__(2, 1, 1) __launch_bounds__(384, 1) ffn_sm90(
        const __grid_constant__ TensorMap x, const __grid_constant__ TensorMap w1, const __grid_constant__ TensorMap w3, half_bits* out, int rows, int dim,
        int width) {
    DYNAMIC_SHARED(dynamic);
    // Swizzled boxes begin at multiples of 1024.
    unsigned char* buffers = dynamic + (1024 - shared_address(dynamic) % 1024) % 1024;
    Barrier* full = (Barrier*)(buffers + STAGES * STAGE_BYTES);
    Barrier* empty = full + STAGES;
    if (threadIdx.x == 0) {
        for (int stage = 0; stage < STAGES; stage++) {
            barrier_init(&full[stage], 1);
            // Two warpgroups of each of the two blocks.
            barrier_init(&empty[stage], 4);
        }
        barrier_init_fence();
    }
    __syncwarp();
    cluster_sync();
    const Tiles tiles = {(rows + 2 * BLOCK_ROWS - 1) / (2 * BLOCK_ROWS), (width + BLOCK_COLUMNS - 1) / BLOCK_COLUMNS};
    const int steps = (dim + DEPTH - 1) / DEPTH;
    if (threadIdx.x < 128) {
        give_registers<40>();
        if (threadIdx.x == 0) {
            bring(buffers, full, empty, &x, cluster_rank() == 0 ? &w1 : &w3, tiles, steps);
        }
    } else {
        take_registers<232>();
        multiply(buffers, full, empty, out, rows, width, tiles, steps, threadIdx.x / 128 - 1);
    }
    // No block ends while the other may still write to it. A cluster's barrier wants whole warps.
    __syncwarp();
    cluster_sync();
}
