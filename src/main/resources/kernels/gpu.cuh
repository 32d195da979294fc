// The few things CUDA C++ has no word for without NVIDIA's headers, which a machine that only runs CUDA programs does not have. Everything here is one
// instruction or one memory access; this file and sm90.cuh are the only ones with inline assembly.
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
