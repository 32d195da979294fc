// Cuts a weight tensor out of the pool into aligned memory.
//
//   elements <= pool_size: out[i] = pool[start + i], a slice
//   otherwise:             out[i] = pool[((start + i) mod elements) mod pool_size], the pool repeated and rotated left
//
// Where out is not aligned to sixteen bytes, as it can be with odd shapes, values are copied one by one.
// The pool's memory reaches at least 16 values beyond pool_size; they are read and not used.
// Grid: any number of blocks of THREADS; a thread writes eight values at a time.
#include "gpu.cuh"

#define THREADS 256

extern "C" __global__ void __launch_bounds__(THREADS) cut(
        const half_bits* pool, long long pool_size, long long start, long long elements, half_bits* out) {
    const long long threads = (long long)gridDim.x * THREADS;
    const long long thread = (long long)blockIdx.x * THREADS + threadIdx.x;
    if (elements > pool_size || (unsigned long long)out % sizeof(Half8) != 0) {
        for (long long i = thread; i < elements; i += threads) {
            out[i] = pool[elements > pool_size ? (start + i) % elements % pool_size : start + i];
        }
        return;
    }
    // A slice begins anywhere, so that eight of its values lie in two neighbouring aligned sixteen bytes: `words` whole words and perhaps one value off.
    const Half8* from = (const Half8*)pool + start / 8;
    const int words = (int)(start % 8) / 2;
    const int bits = (int)(start % 2) * 16;
    for (long long i = thread; i < elements / 8; i += threads) {
        const Half8 left = from[i];
        const Half8 right = from[i + 1];
        unsigned w[8] = {left.pair[0], left.pair[1], left.pair[2], left.pair[3], right.pair[0], right.pair[1], right.pair[2], right.pair[3]};
        // Registers cannot be indexed at run time: the words move up by two, by one, or stay.
        if (words & 2) {
#pragma unroll
            for (int k = 0; k < 6; k++) {
                w[k] = w[k + 2];
            }
        }
        if (words & 1) {
#pragma unroll
            for (int k = 0; k < 5; k++) {
                w[k] = w[k + 1];
            }
        }
        Half8 y;
#pragma unroll
        for (int k = 0; k < 4; k++) {
            y.pair[k] = bits == 0 ? w[k] : (w[k] >> 16 | w[k + 1] << 16);
        }
        ((Half8*)out)[i] = y;
    }
    if (thread < elements % 8) {
        const long long i = elements / 8 * 8 + thread;
        out[i] = pool[start + i];
    }
}
