// Causal attention with rotary position embedding for up to 256 positions and heads of up to 32 values: what attention.cu computes, rounded at the same places.
//
//   q, k rotated by their positions                   pairs (2i, 2i+1), float32 inside, rounded to float16
//   s = q . k^T                                       float32 sum, rounded to float16; then / sqrt(HEAD_DIM), rounded to float16
//   p = exp(s - max) / sum                            float32 inside, over the keys at or before the query's position, rounded to float16
//   out = p . v                                       float32 sum, rounded to float16
//
// A block has one head of one nonce. Keys and values are brought, and keys rotated, once. A warp keeps the scores of its 16 queries, which are float16 anyway,
// in 64 registers, so that the row's maximum and sum are known before probabilities are rounded and no score is computed twice. Divisions go by their
// remainder, without a branch.
//
// Compiled for HEAD_DIM, an even number up to 32; inside it is padded with zeros to WIDTH.
// Shapes and parameters: as in attention.cu, with positions <= 256.
// Grid: (1, heads, nonces), 128 threads: warps take groups of 16 queries there and back, so that all have as many keys.
// Order of summation: a lane sums the exponentials of the scores it holds in ascending order of keys, then the four lanes of a row by halving; products as
// the tensor cores sum them.
#include "gpu.cuh"

#define WIDTH 32
// Eight values more than a row needs put the rows a warp reads at once in different banks.
#define STRIDE (WIDTH + 8)
#ifndef KEYS
#define KEYS 256
#endif
#define TILES (KEYS / 8)
#define THREADS 128
#define WARPS (THREADS / 32)

// Minus infinity, twice: the score of a key that may not be seen.
#define UNSEEN 0xfc00fc00u

struct Rotation {
    float cosine, sine;
};

__device__ __forceinline__ unsigned rotated(unsigned both, Rotation turn) {
    const float real = widen(low(both));
    const float imaginary = widen(high(both));
    return narrow_pair(real * turn.cosine - imaginary * turn.sine, imaginary * turn.cosine + real * turn.sine);
}

// Scores of a warp's 16 queries with 8 keys, as float16 holds them: register r has columns 2 * (lane%4) and the next of row lane/4 + 8 r.
__device__ __forceinline__ void score(unsigned s[2], const unsigned q[2][4], const half_bits* key, float root, float inverse_root) {
    float d[4] = {0, 0, 0, 0};
#pragma unroll
    for (int step = 0; step < 2; step++) {
        const unsigned b[2] = {*(const unsigned*)(key + 16 * step), *(const unsigned*)(key + 16 * step + 8)};
        mma_16x8x16(d, q[step], b);
    }
#pragma unroll
    for (int r = 0; r < 2; r++) {
        const unsigned sum = narrow_pair(d[2 * r], d[2 * r + 1]);
        s[r] = narrow_pair(quotient(widen(low(sum)), root, inverse_root), quotient(widen(high(sum)), root, inverse_root));
    }
}

extern "C" __global__ void __launch_bounds__(THREADS) attention_short(
        const half_bits* query, long long query_stride, const half_bits* key, const half_bits* value, long long key_stride, const Rotation* rotary,
        half_bits* out, int queries, int positions, int group, float root) {
    __shared__ __align__(16) half_bits keys[KEYS][STRIDE];
    __shared__ __align__(16) half_bits values[KEYS][STRIDE];
    const int lane = threadIdx.x % 32;
    const int warp = threadIdx.x / 32;
    const int quad = lane % 4;
    const int row8 = lane / 4;
    const int head = blockIdx.y;
    const long long nonce = blockIdx.z;
    const int earlier = positions - queries;
    const half_bits* nonce_query = query + nonce * queries * query_stride + head * HEAD_DIM;
    const half_bits* nonce_key = key + nonce * positions * key_stride + head / group * HEAD_DIM;
    const half_bits* nonce_value = value + nonce * positions * key_stride + head / group * HEAD_DIM;
    const float inverse_root = 1.0f / root;

    // Two tiles of values are multiplied at a time: what lies behind the last position there has to be a number.
    const int filled = (positions + 15) / 16 * 16;
    for (int i = threadIdx.x; i < filled * (WIDTH / 2); i += THREADS) {
        const int row = i / (WIDTH / 2);
        const int pair = i % (WIDTH / 2);
        unsigned k = 0;
        unsigned v = 0;
        if (row < positions && 2 * pair < HEAD_DIM) {
            k = rotated(*(const unsigned*)(nonce_key + row * key_stride + 2 * pair), rotary[row * (HEAD_DIM / 2) + pair]);
            v = *(const unsigned*)(nonce_value + row * key_stride + 2 * pair);
        }
        *(unsigned*)&keys[row][2 * pair] = k;
        *(unsigned*)&values[row][2 * pair] = v;
    }
    __syncthreads();

    const int groups = (queries + 15) / 16;
    for (int turn = 0; turn < (groups + WARPS - 1) / WARPS; turn++) {
        const int g = WARPS * turn + (turn % 2 == 0 ? warp : WARPS - 1 - warp);
        if (g >= groups) {
            continue;
        }
        unsigned q[2][4];
#pragma unroll
        for (int i = 0; i < 8; i++) {
            const int row = 16 * g + row8 + i % 2 * 8;
            const int pair = 8 * (i / 4) + quad + i / 2 % 2 * 4;
            q[i / 4][i % 4] = row < queries && 2 * pair < HEAD_DIM
                    ? rotated(*(const unsigned*)(nonce_query + row * query_stride + 2 * pair), rotary[(earlier + row) * (HEAD_DIM / 2) + pair])
                    : 0;
        }

        // All scores, and each row's maximum. Registers cannot be indexed at run time: loops run to their end, and tiles that nobody in the warp may see do
        // nothing.
        const int first = earlier + 16 * g;  // the first query's position
        const int tiles = min((first + 15) / 8 + 1, filled / 8);
        unsigned s[TILES][2];
        unsigned most[2] = {UNSEEN, UNSEEN};
#pragma unroll
        for (int t = 0; t < TILES; t++) {
            s[t][0] = s[t][1] = UNSEEN;
            if (t < tiles) {
                score(s[t], q, &keys[8 * t + row8][2 * quad], root, inverse_root);
                if (8 * t + 7 > first) {
#pragma unroll
                    for (int r = 0; r < 2; r++) {
                        // How far the lane's first key is from the last that may be seen: below zero neither of its two, at zero the first alone.
                        const int left = first + row8 + 8 * r - (8 * t + 2 * quad);
                        s[t][r] = left < 0 ? UNSEEN : left == 0 ? ((s[t][r] & 0xffffu) | (UNSEEN & 0xffff0000u)) : s[t][r];
                    }
                }
                most[0] = larger_pair(most[0], s[t][0]);
                most[1] = larger_pair(most[1], s[t][1]);
            }
        }
        float maximum[2];
        float sum[2] = {0, 0};
        float inverse[2];
#pragma unroll
        for (int r = 0; r < 2; r++) {
            maximum[r] = fmaxf(widen(low(most[r])), widen(high(most[r])));
            maximum[r] = fmaxf(maximum[r], __shfl_xor_sync(0xffffffffu, maximum[r], 1));
            maximum[r] = fmaxf(maximum[r], __shfl_xor_sync(0xffffffffu, maximum[r], 2));
        }
#pragma unroll
        for (int t = 0; t < TILES; t++) {
            if (t < tiles) {
#pragma unroll
                for (int r = 0; r < 2; r++) {
                    sum[r] += expf(widen(low(s[t][r])) - maximum[r]);
                    sum[r] += expf(widen(high(s[t][r])) - maximum[r]);
                }
            }
        }
#pragma unroll
        for (int r = 0; r < 2; r++) {
            sum[r] += __shfl_xor_sync(0xffffffffu, sum[r], 1);
            sum[r] += __shfl_xor_sync(0xffffffffu, sum[r], 2);
            inverse[r] = 1.0f / sum[r];
        }

        // Two score tiles side by side are, as they lie in registers, the left operand of the product with the values.
        float result[WIDTH / 8][4] = {};
#pragma unroll
        for (int t = 0; t < TILES; t += 2) {
            if (t < tiles) {
                unsigned p[4];
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    const int r = i % 2;
                    const unsigned two = s[t + i / 2][r];
                    p[i] = narrow_pair(
                            quotient(expf(widen(low(two)) - maximum[r]), sum[r], inverse[r]),
                            quotient(expf(widen(high(two)) - maximum[r]), sum[r], inverse[r]));
                }
#pragma unroll
                for (int half = 0; half < 2; half++) {
                    unsigned v[4];
                    load_transposed(v, &values[8 * t + lane % 16][16 * half + lane / 16 * 8]);
                    mma_16x8x16(result[2 * half], p, v);
                    mma_16x8x16(result[2 * half + 1], p, v + 2);
                }
            }
        }

        const long long out_stride = (long long)gridDim.y * HEAD_DIM;
#pragma unroll
        for (int r = 0; r < 2; r++) {
            const int index = 16 * g + row8 + 8 * r;
            if (index < queries) {
                half_bits* to = out + (nonce * queries + index) * out_stride + head * HEAD_DIM;
#pragma unroll
                for (int block = 0; block < WIDTH / 8; block++) {
                    const int at = 8 * block + 2 * quad;
                    if (at < HEAD_DIM) {
                        *(unsigned*)(to + at) = narrow_pair(result[block][2 * r], result[block][2 * r + 1]);
                    }
                }
            }
        }
    }
}
