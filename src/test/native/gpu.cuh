// The simulator's counterpart of kernels/gpu.cuh, written from the PTX ISA: the same names, on the processor.
#pragma once

typedef unsigned short half_bits;

struct __align__(16) Half8 {
    unsigned pair[4];
};

#define DYNAMIC_SHARED(name) unsigned char* name = sim::current->block->dynamic_shared

inline float widen(half_bits value) {
    _Float16 half;
    std::memcpy(&half, &value, 2);
    return (float)half;
}

inline half_bits narrow(float value) {
    const _Float16 half = (_Float16)value;
    half_bits bits;
    std::memcpy(&bits, &half, 2);
    return bits;
}

inline float rounded(float value) { return widen(narrow(value)); }

inline unsigned pack(half_bits low, half_bits high) { return (unsigned)low | (unsigned)high << 16; }
inline half_bits low(unsigned pair) { return (half_bits)(pair & 0xffffu); }
inline half_bits high(unsigned pair) { return (half_bits)(pair >> 16); }

// PTX ISA, "Matrix Fragments for mma.m16n8k16": with group = lane / 4 and member = lane % 4,
// a: registers 0..3 hold rows group, group + 8, group, group + 8 and columns 2 * member + {0, 1}, from register 2 on plus 8;
// b: registers 0, 1 hold rows 2 * member + {0, 1}, for register 1 plus 8, of column group;
// c: elements 0, 1 are row group, 2, 3 row group + 8, columns 2 * member + {0, 1}.
inline void mma_16x8x16(float d[4], const unsigned a[4], const unsigned b[2]) {
    sim::Warp& warp = sim::warp();
    auto& shown = warp.fragments[warp.gathering.round % 2];
    uint32_t* own = shown[sim::lane()];
    for (int i = 0; i < 4; i++) own[i] = a[i];
    for (int i = 0; i < 2; i++) own[4 + i] = b[i];
    sim::wait(warp.gathering);
    const auto half_of = [](uint32_t pair, int which) { return widen((half_bits)(which ? pair >> 16 : pair & 0xffffu)); };
    const auto a_at = [&](int row, int column) {
        const int reg = row / 8 + column / 8 * 2;
        return half_of(shown[row % 8 * 4 + column % 8 / 2][reg], column % 2);
    };
    const auto b_at = [&](int row, int column) { return half_of(shown[column * 4 + row % 8 / 2][4 + row / 8], row % 2); };
    const int group = sim::lane() / 4;
    const int member = sim::lane() % 4;
    for (int i = 0; i < 4; i++) {
        float sum = 0;
        for (int k = 0; k < 16; k++) sum += a_at(group + i / 2 * 8, k) * b_at(k, 2 * member + i % 2);
        d[i] += sum;
    }
}

inline unsigned narrow_pair(float low, float high) { return pack(narrow(low), narrow(high)); }

// Off by the one unit that the PTX ISA allows, up or down as the value has it.
inline float near_reciprocal(float value) {
    const float inverse = 1.0f / value;
    if (!std::isnormal(inverse)) return inverse;
    uint32_t bits;
    std::memcpy(&bits, &value, 4);
    return std::nextafter(inverse, (bits * 2654435761u >> 31) != 0 ? INFINITY : 0.0f);
}

inline unsigned larger_pair(unsigned a, unsigned b) {
    const auto larger = [](half_bits x, half_bits y) { return widen(x) > widen(y) ? x : y; };
    return pack(larger(low(a), low(b)), larger(high(a), high(b)));
}

// PTX ISA, "ldmatrix" with .x4 and .trans: the rows of matrix i begin where lanes 8 i to 8 i + 7 say, at multiples of sixteen bytes.
inline void load_transposed(unsigned d[4], const half_bits* row) {
    if ((uintptr_t)row % 16 != 0) std::abort();
    sim::Warp& warp = sim::warp();
    auto& shown = warp.fragments[warp.gathering.round % 2];
    std::memcpy(shown[sim::lane()], &row, sizeof row);
    sim::wait(warp.gathering);
    for (int i = 0; i < 4; i++) {
        half_bits pair[2];
        for (int j = 0; j < 2; j++) {
            const half_bits* from;
            std::memcpy(&from, shown[8 * i + 2 * (sim::lane() % 4) + j], sizeof from);
            pair[j] = from[sim::lane() / 4];
        }
        d[i] = pack(pair[0], pair[1]);
    }
}

inline float quotient(float a, float b, float inverse) {
    const float near = a * inverse;
    return fmaf(fmaf(-near, b, a), inverse, near);
}

inline float silu(float x) {
    const float divisor = 1.0f + expf(fminf(-x, 80.0f));
    const float divided = quotient(x, divisor, near_reciprocal(divisor));
    return divisor == 1.0f ? x : divided;
}

inline unsigned gated(unsigned gate, unsigned up) {
    const unsigned activated = narrow_pair(silu(widen(low(gate))), silu(widen(high(gate))));
    return narrow_pair(widen(low(activated)) * widen(low(up)), widen(high(activated)) * widen(high(up)));
}
