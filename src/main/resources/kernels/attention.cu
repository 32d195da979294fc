// Causal attention with rotary position embedding, all of it in one kernel: scores never leave the chip.
//
//   q, k rotated by their positions                   pairs (2i, 2i+1), float32 inside, rounded to float16
//   s = q . k^T                                       float32 sum, rounded to float16; then / sqrt(HEAD_DIM), rounded to float16
//   p = exp(s - max) / sum                            float32 inside, over the keys at or before the query's position, rounded to float16
//   out = p . v                                       float32 sum, rounded to float16
//
// Probabilities are rounded after they were normalised, so the row's maximum and sum must be known first: the kernel goes over the keys twice and computes
// the scores again instead of keeping them.
//
// For sequences and heads that attention_short.cu does not take. Compiled for HEAD_DIM, an even number up to 128; inside it is padded with zeros to WIDTH, a multiple of 16.
// Shapes: query (nonces * queries, query_stride), key and value (nonces * positions, key_stride), head h of a query in its columns h * HEAD_DIM.., of keys and
// values in those of its group's head; rotary (positions, HEAD_DIM / 2) of (cos, sin); out (nonces * queries, heads * HEAD_DIM). The queries are a nonce's
// last `queries` positions.
// Grid: (ceil(queries / 64), heads, nonces), 128 threads: each warp takes 16 queries, all take the same 64 keys at a time.
// Order of summation: a lane sums the scores it holds in ascending order of keys, then the four lanes of a row by halving; products as the tensor cores sum them.
#include "gpu.cuh"

#define WIDTH ((HEAD_DIM + 15) / 16 * 16)
// Eight values more than a row needs put the rows a warp reads at once in different banks.
#define STRIDE (WIDTH + 8)
#define TILE 64
#define THREADS 128
// Blocks a multiprocessor has room for: with narrow heads the compiler saves registers for a seventh block, at the price of spilling one to memory.
#define BLOCKS (WIDTH <= 32 ? 6 : 1)

struct Rotation {
    float cosine, sine;
};

// Rows first .. first+TILE of a matrix into shared memory, rotated where a table is given; rows at or beyond `rows` and columns beyond HEAD_DIM are zero.
__device__ void load_tile(half_bits tile[TILE][STRIDE], const half_bits* from, long long stride, int first, int rows, const Rotation* rotary, int position) {
    for (int i = threadIdx.x; i < TILE * (WIDTH / 2); i += THREADS) {
        const int row = i / (WIDTH / 2);
        const int pair = i % (WIDTH / 2);
        unsigned both = 0;
        if (first + row < rows && 2 * pair < HEAD_DIM) {
            both = *(const unsigned*)(from + (first + row) * stride + 2 * pair);
            if (rotary != nullptr) {
                const Rotation turn = rotary[(long long)(position + first + row) * (HEAD_DIM / 2) + pair];
                const float real = widen(low(both));
                const float imaginary = widen(high(both));
                both = pack(narrow(real * turn.cosine - imaginary * turn.sine), narrow(imaginary * turn.cosine + real * turn.sine));
            }
        }
        *(unsigned*)&tile[row][2 * pair] = both;
    }
}

// Scores of a warp's 16 queries with 8 keys, as float16 holds them. A lane has rows lane/4 and lane/4 + 8, columns 2 * (lane%4) and the next.
__device__ __forceinline__ void score(
        float s[4], const unsigned q[WIDTH / 16][4], const half_bits key[TILE][STRIDE], int column, float root, float inverse_root) {
    const int lane = threadIdx.x % 32;
    for (int i = 0; i < 4; i++) {
        s[i] = 0;
    }
#pragma unroll
    for (int step = 0; step < WIDTH / 16; step++) {
        const half_bits* row = &key[column + lane / 4][16 * step + 2 * (lane % 4)];
        const unsigned b[2] = {*(const unsigned*)row, *(const unsigned*)(row + 8)};
        mma_16x8x16(s, q[step], b);
    }
    for (int i = 0; i < 4; i++) {
        s[i] = rounded(quotient(rounded(s[i]), root, inverse_root));
    }
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) attention(
        const half_bits* query, long long query_stride, const half_bits* key, const half_bits* value, long long key_stride, const Rotation* rotary,
        half_bits* out, int queries, int positions, int group, float root) {
    __shared__ __align__(16) half_bits keys[TILE][STRIDE];
    __shared__ __align__(16) half_bits values[TILE][STRIDE];
    const int lane = threadIdx.x % 32;
    const int warp = threadIdx.x / 32;
    const int head = blockIdx.y;
    const long long nonce = blockIdx.z;
    const int first = blockIdx.x * TILE;
    const int earlier = positions - queries;
    const half_bits* nonce_query = query + nonce * queries * query_stride + head * HEAD_DIM;
    const half_bits* nonce_key = key + nonce * positions * key_stride + head / group * HEAD_DIM;
    const half_bits* nonce_value = value + nonce * positions * key_stride + head / group * HEAD_DIM;

    const float inverse_root = 1.0f / root;

    // The queries pass through the keys' memory into registers.
    load_tile(keys, nonce_query, query_stride, first, queries, rotary, earlier);
    __syncthreads();
    unsigned q[WIDTH / 16][4];
#pragma unroll
    for (int step = 0; step < WIDTH / 16; step++) {
        const half_bits* row = &keys[16 * warp + lane / 4][16 * step + 2 * (lane % 4)];
        q[step][0] = *(const unsigned*)row;
        q[step][1] = *(const unsigned*)(row + 8 * STRIDE);
        q[step][2] = *(const unsigned*)(row + 8);
        q[step][3] = *(const unsigned*)(row + 8 * STRIDE + 8);
    }
    __syncthreads();

    // Positions of the two rows this lane holds, and of the last key anybody in the block may see.
    const int position[2] = {earlier + first + 16 * warp + lane / 4, earlier + first + 16 * warp + lane / 4 + 8};
    const int seen = min(positions, earlier + first + TILE);

    // First pass: the maximum and the sum of exponentials, each lane for the keys it holds.
    float maximum[2] = {-3e38f, -3e38f};
    float sum[2] = {0, 0};
    for (int start = 0; start < seen; start += TILE) {
        load_tile(keys, nonce_key, key_stride, start, positions, rotary, 0);
        __syncthreads();
        for (int column = 0; column < TILE; column += 8) {
            float s[4];
            score(s, q, keys, column, root, inverse_root);
            for (int i = 0; i < 4; i++) {
                const int row = i / 2;
                if (start + column + 2 * (lane % 4) + i % 2 > position[row]) {
                    continue;
                }
                if (s[i] > maximum[row]) {
                    sum[row] *= expf(maximum[row] - s[i]);
                    maximum[row] = s[i];
                }
                sum[row] += expf(s[i] - maximum[row]);
            }
        }
        __syncthreads();
    }
    for (int row = 0; row < 2; row++) {
        for (int apart = 1; apart < 4; apart *= 2) {
            const float other_maximum = __shfl_xor_sync(0xffffffffu, maximum[row], apart);
            const float other_sum = __shfl_xor_sync(0xffffffffu, sum[row], apart);
            const float larger = fmaxf(maximum[row], other_maximum);
            sum[row] = sum[row] * expf(maximum[row] - larger) + other_sum * expf(other_maximum - larger);
            maximum[row] = larger;
        }
    }

    const float inverse_sum[2] = {1.0f / sum[0], 1.0f / sum[1]};

    // Second pass: probabilities, and their product with the values.
    float result[WIDTH / 8][4] = {};
    for (int start = 0; start < seen; start += TILE) {
        load_tile(keys, nonce_key, key_stride, start, positions, rotary, 0);
        load_tile(values, nonce_value, key_stride, start, positions, nullptr, 0);
        __syncthreads();
#pragma unroll 1
        for (int column = 0; column < TILE; column += 16) {
            // Two score tiles side by side are, as they lie in registers, the left operand of the next product.
            unsigned p[4];
#pragma unroll
            for (int half = 0; half < 2; half++) {
                float s[4];
                score(s, q, keys, column + 8 * half, root, inverse_root);
                half_bits probability[4];
                for (int i = 0; i < 4; i++) {
                    const int row = i / 2;
                    const bool visible = start + column + 8 * half + 2 * (lane % 4) + i % 2 <= position[row];
                    probability[i] = visible ? narrow(quotient(expf(s[i] - maximum[row]), sum[row], inverse_sum[row])) : (half_bits)0;
                }
                p[2 * half] = pack(probability[0], probability[1]);
                p[2 * half + 1] = pack(probability[2], probability[3]);
            }
#pragma unroll
            for (int block = 0; block < WIDTH / 8; block++) {
                const int row = column + 2 * (lane % 4);
                const int at = 8 * block + lane / 4;
                const unsigned b[2] = {pack(values[row][at], values[row + 1][at]), pack(values[row + 8][at], values[row + 9][at])};
                mma_16x8x16(result[block], p, b);
            }
        }
        __syncthreads();
    }

    const long long out_stride = (long long)gridDim.y * HEAD_DIM;
    for (int row = 0; row < 2; row++) {
        const int index = first + 16 * warp + lane / 4 + 8 * row;
        if (index >= queries) {
            continue;
        }
        half_bits* to = out + (nonce * queries + index) * out_stride + head * HEAD_DIM;
#pragma unroll
        for (int block = 0; block < WIDTH / 8; block++) {
            const int at = 8 * block + 2 * (lane % 4);
            if (at < HEAD_DIM) {
                *(unsigned*)(to + at) = pack(narrow(result[block][2 * row]), narrow(result[block][2 * row + 1]));
            }
        }
    }
}
