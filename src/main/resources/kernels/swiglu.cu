// The gated linear unit between the feed-forward products.
//
//   out = silu(gate) * up        silu(x) = x / (1 + exp(-x)) in float32, rounded to float16; then times up, rounded to float16
//
// Shapes: gate_up (rows, 2 * width), the gate's columns before the up's; out (rows, width).
// Grid: (rows, ceil(width / (8 * THREADS))), THREADS threads of eight values each.
#include "gpu.cuh"

#define THREADS 256

extern "C" __global__ void __launch_bounds__(THREADS) swiglu(const half_bits* gate_up, half_bits* out, int width) {
    const long long row = blockIdx.x;
    const half_bits* gate = gate_up + row * 2 * width;
    const half_bits* up = gate + width;
    half_bits* to = out + row * width;
    const int at = (blockIdx.y * THREADS + threadIdx.x) * 8;
    if (width % 8 == 0) {
        if (at < width) {
            const Half8 g = *(const Half8*)(gate + at);
            const Half8 u = *(const Half8*)(up + at);
            Half8 y;
            for (int k = 0; k < 4; k++) {
                y.pair[k] = gated(g.pair[k], u.pair[k]);
            }
            *(Half8*)(to + at) = y;
        }
        return;
    }
    for (int i = at; i < min(at + 8, width); i++) {
        to[i] = low(gated(gate[i], up[i]));
    }
}
