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
