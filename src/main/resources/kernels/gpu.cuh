// The few things CUDA C++ has no word for without NVIDIA's headers, which a machine that only runs CUDA programs does not have. Everything here is one
// instruction, one memory access or a few of them; this file and sm90.cuh are the only ones with inline assembly.
#pragma once

// A float16's bits. Arithmetic is done in float32 and rounded where the function says.
typedef unsigned short half_bits;

// Sixteen bytes, read and written in one access: eight float16 values.
struct __align__(16) Half8 {
    unsigned pair[4];
};

// Shared memory whose size is given at launch.
#define DYNAMIC_SHARED(name) extern __shared__ __align__(1024) unsigned char name[]

// float16 to float32, exact.
__device__ __forceinline__ float widen(half_bits value) {
    float wide;
    asm("cvt.f32.f16 %0, %1;" : "=f"(wide) : "h"(value));
    return wide;
}

// float32 to float16, nearest even: the one rounding the function knows.
__device__ __forceinline__ half_bits narrow(float value) {
    half_bits half;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(half) : "f"(value));
    return half;
}

// A value as float16 can hold it.
__device__ __forceinline__ float rounded(float value) { return widen(narrow(value)); }

// Two float16 values in one register: the first in the low half, as they lie in memory.
__device__ __forceinline__ unsigned pack(half_bits low, half_bits high) { return (unsigned)low | (unsigned)high << 16; }
__device__ __forceinline__ half_bits low(unsigned pair) { return (half_bits)(pair & 0xffffu); }
__device__ __forceinline__ half_bits high(unsigned pair) { return (half_bits)(pair >> 16); }

// d (16, 8) += a (16, 16) . b (16, 8): float16 operands, float32 sums, one warp. Fragments as PTX ISA lays them out for mma.m16n8k16: a by rows, b by columns.
__device__ __forceinline__ void mma_16x8x16(float d[4], const unsigned a[4], const unsigned b[2]) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// [rcp.approx] 1 / value, off by at most one unit in the last place.
__device__ __forceinline__ float near_reciprocal(float value) {
    float inverse;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(inverse) : "f"(value));
    return inverse;
}

// [cvt.rn.f16x2.f32] Two float32 values to float16, nearest even, in one instruction: the first in the low half, as they lie in memory.
__device__ __forceinline__ unsigned narrow_pair(float low, float high) {
    unsigned pair;
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
    return pair;
}

// [max.f16x2] The larger of each of two float16 values.
__device__ __forceinline__ unsigned larger_pair(unsigned a, unsigned b) {
    unsigned larger;
    asm("max.f16x2 %0, %1, %2;" : "=r"(larger) : "r"(a), "r"(b));
    return larger;
}

// [ldmatrix.trans] Four matrices (8, 8) of float16 from shared memory, transposed; lane l names row l % 8 of matrix l / 8. Of each the lane gets column l / 4, rows
// 2 (l % 4) and the next: what mma_16x8x16 takes as b where the matrix lies by rows.
__device__ __forceinline__ void load_transposed(unsigned d[4], const half_bits* row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(d[0]), "=r"(d[1]), "=r"(d[2]), "=r"(d[3])
                 : "r"((unsigned)__cvta_generic_to_shared(row)));
}

// a / b by its remainder, with b's reciprocal at hand, off by at most one unit: the division's own value where nothing is subnormal, but for the sign of zero, and
// without the branch at every value that the division's own instructions have.
__device__ __forceinline__ float quotient(float a, float b, float inverse) {
    const float near = a * inverse;
    return fmaf(fmaf(-near, b, a), inverse, near);
}

// x / (1 + exp(-x)); without a branch several values run side by side. Below -80 the float16 is zero either way; where the divisor is one, infinity too stays itself. Minus zero becomes zero, which no sum
// sees.
__device__ __forceinline__ float silu(float x) {
    const float divisor = 1.0f + expf(fminf(-x, 80.0f));
    const float divided = quotient(x, divisor, near_reciprocal(divisor));
    return divisor == 1.0f ? x : divided;
}

// silu(gate) * up of two neighbours.
__device__ __forceinline__ unsigned gated(unsigned gate, unsigned up) {
    const unsigned activated = narrow_pair(silu(widen(low(gate))), silu(widen(high(gate))));
    return narrow_pair(widen(low(activated)) * widen(low(up)), widen(high(activated)) * widen(high(up)));
}
