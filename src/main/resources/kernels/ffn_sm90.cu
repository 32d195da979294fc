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
// Launch: 384 threads, SHARED_BYTES of dynamic shared memory, an even number of blocks, at most one for each multiprocessor; clusters take tiles in turn.
// Maps: x with boxes of 128 rows, w1 and w3 with boxes of 128 rows, all of 64 columns, 128-byte swizzle, zero beyond the matrix.
#include "gpu.cuh"
#include "sm90.cuh"

#define STAGES 4
#define BLOCK_ROWS 128
#define BLOCK_COLUMNS 128
#define DEPTH 64
// Row blocks that are computed one after the other before the next columns: their x stays in the second-level cache.
#define GROUP 8

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

__device__ __forceinline__ half_bits gated(float gate, float up) {
    const float g = rounded(gate);
    return narrow(rounded(g / (1.0f + expf(-g))) * rounded(up));
}

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

__device__ __forceinline__ void multiply(
        const unsigned char* buffers, Barrier* full, Barrier* empty, half_bits* out, int rows, int width, Tiles tiles, int steps, int warpgroup) {
    const int thread = threadIdx.x % 128;
    unsigned n = 0;
    for (int tile = blockIdx.x / 2; tile < tiles.count(); tile += gridDim.x / 2) {
        float d[128];
        for (int step = 0; step < steps; step++, n++) {
            barrier_wait(&full[buffer_of(n)], parity_of(n));
            const unsigned char* stage = buffers + buffer_of(n) * STAGE_BYTES;
            const unsigned char* own_rows = stage + warpgroup * (64 * DEPTH * 2);
            products_begin();
#pragma unroll
            for (int k = 0; k < DEPTH / 16; k++) {
                product_64x256x16(d, matrix_in_shared(own_rows + 32 * k), matrix_in_shared(stage + BOX_BYTES + 32 * k), step > 0 || k > 0);
            }
            products_end();
            // The products of the step before are over: its buffers may be written again, here and in the other block.
            products_wait<1>();
            if (step > 0 && thread < 2) {
                barrier_arrive(&empty[buffer_of(n - 1)], thread);
            }
        }
        products_wait<0>();
        if (thread < 2) {
            barrier_arrive(&empty[buffer_of(n - 1)], thread);
        }
        int row_pair, column;
        tiles.at(tile, &row_pair, &column);
        const int row = (2 * row_pair + cluster_rank()) * BLOCK_ROWS + 64 * warpgroup + thread / 32 * 16 + thread % 32 / 4;
        const int first = column * BLOCK_COLUMNS + 2 * (thread % 4);
#pragma unroll
        for (int below = 0; below < 2; below++) {
            half_bits* to = out + (long long)(row + 8 * below) * width + first;
            // Columns of this row that are within the matrix; none of a row beyond it.
            const int within = row + 8 * below < rows ? width - first : 0;
#pragma unroll
            for (int j = 0; j < BLOCK_COLUMNS / 8; j++) {
                const int i = 4 * j + 2 * below;
                if (8 * j < within) {
                    *(unsigned*)(to + 8 * j) = pack(gated(d[i], d[64 + i]), gated(d[i + 1], d[64 + i + 1]));
                }
            }
        }
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
    // No block ends while the other may still write to it.
    cluster_sync();
}
