// From a nonce's logits to its distance.
//
//   norm = sqrt(sum(logit^2))                                        float64 sum, rounded to float32
//   distance = sqrt(sum((logit[permutation[i]] / norm - target[i])^2))   the quotient in float32, the rest in float64
//
// Shapes: logits (nonces, vocab) float16, permutation (nonces, vocab), target (vocab), distance (nonces).
// Grid: one block of THREADS a nonce. Order of summation: thread t sums its own elements in ascending order, then the threads by halving.
#include "gpu.cuh"

#define THREADS 256

// The sum over a block, in every thread.
__device__ double block_sum(double value, double* scratch) {
    scratch[threadIdx.x] = value;
    __syncthreads();
    for (int half = THREADS / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) {
            scratch[threadIdx.x] += scratch[threadIdx.x + half];
        }
        __syncthreads();
    }
    const double sum = scratch[0];
    __syncthreads();
    return sum;
}

extern "C" __global__ void __launch_bounds__(THREADS) distances(
        const half_bits* logits, const int* permutation, const double* target, double* distance, int vocab) {
    __shared__ double scratch[THREADS];
    const half_bits* own = logits + (long long)blockIdx.x * vocab;
    const int* order = permutation + (long long)blockIdx.x * vocab;
    double squares = 0;
    for (int i = threadIdx.x; i < vocab; i += THREADS) {
        const double logit = widen(own[i]);
        squares += logit * logit;
    }
    const float norm = (float)sqrt(block_sum(squares, scratch));
    double sum = 0;
    for (int i = threadIdx.x; i < vocab; i += THREADS) {
        const double difference = (double)(widen(own[order[i]]) / norm) - target[i];
        sum += difference * difference;
    }
    sum = block_sum(sum, scratch);
    if (threadIdx.x == 0) {
        distance[blockIdx.x] = sqrt(sum);
    }
}
