// Residual addition and RMSNorm in one pass over the residual stream.
//
//   h = residual + delta                              rounded to float16; without delta: h = residual
//   y = h * rsqrt(mean(h^2) + eps)                    float32 inside, rounded to float16
//   out = y * weight                                  rounded to float16
//
// Shapes: residual, delta, sum, out are row-major with rows of `dim` values. Row r of the residual is its row first + r * step, so that the last layer reads every
// nonce's last position alone; delta, sum and out have one row after the other. sum receives h and may be the residual itself where step is 1.
// Grid: one block of THREADS a row. Order of summation: thread t sums its own elements in ascending order, then warps by halving, then the warps' sums in order.
#include "gpu.cuh"

#define THREADS 256

// The sum over a block, in every thread.
__device__ float block_sum(float value) {
    __shared__ float warps[THREADS / 32];
    for (int apart = 16; apart > 0; apart /= 2) {
        value += __shfl_xor_sync(0xffffffffu, value, apart);
    }
    if (threadIdx.x % 32 == 0) {
        warps[threadIdx.x / 32] = value;
    }
    __syncthreads();
    float sum = 0;
    for (int warp = 0; warp < THREADS / 32; warp++) {
        sum += warps[warp];
    }
    return sum;
}

__device__ __forceinline__ half_bits scale(half_bits h, float inverse, half_bits weight) {
    return narrow(rounded(widen(h) * inverse) * widen(weight));
}

extern "C" __global__ void __launch_bounds__(THREADS) add_rms_norm(
        const half_bits* residual, long long first, long long step, const half_bits* delta, const half_bits* weight, half_bits* sum, half_bits* out, int dim,
        float eps) {
    const half_bits* from = residual + (first + blockIdx.x * step) * dim;
    const long long row = (long long)blockIdx.x * dim;
    // Rows of odd length are not aligned to anything: a thread then takes one value at a time.
    const int wide = dim % 8 == 0 ? dim / 8 : 0;
    float squares = 0;
    for (int i = threadIdx.x; i < wide; i += THREADS) {
        Half8 h = ((const Half8*)from)[i];
        if (delta != nullptr) {
            const Half8 d = ((const Half8*)(delta + row))[i];
            for (int k = 0; k < 4; k++) {
                h.pair[k] = pack(narrow(widen(low(h.pair[k])) + widen(low(d.pair[k]))), narrow(widen(high(h.pair[k])) + widen(high(d.pair[k]))));
            }
        }
        ((Half8*)(sum + row))[i] = h;
        for (int k = 0; k < 4; k++) {
            squares += widen(low(h.pair[k])) * widen(low(h.pair[k])) + widen(high(h.pair[k])) * widen(high(h.pair[k]));
        }
    }
    for (int i = 8 * wide + threadIdx.x; i < dim; i += THREADS) {
        const half_bits h = delta != nullptr ? narrow(widen(from[i]) + widen(delta[row + i])) : from[i];
        sum[row + i] = h;
        squares += widen(h) * widen(h);
    }
    const float inverse = rsqrtf(block_sum(squares) / dim + eps);
    // Every thread reads back what it wrote itself.
    for (int i = threadIdx.x; i < wide; i += THREADS) {
        const Half8 h = ((const Half8*)(sum + row))[i];
        const Half8 w = ((const Half8*)weight)[i];
        Half8 y;
        for (int k = 0; k < 4; k++) {
            y.pair[k] = pack(scale(low(h.pair[k]), inverse, low(w.pair[k])), scale(high(h.pair[k]), inverse, high(w.pair[k])));
        }
        ((Half8*)(out + row))[i] = y;
    }
    for (int i = 8 * wide + threadIdx.x; i < dim; i += THREADS) {
        out[row + i] = scale(sum[row + i], inverse, weight[i]);
    }
}
