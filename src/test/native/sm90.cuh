// The simulator's counterpart of kernels/sm90.cuh, written from the PTX ISA: what is asynchronous there happens later here, as late as the waits allow, so that
// what does not wait reads what was there before.
#pragma once

struct __align__(64) TensorMap {
    unsigned long long opaque[16];
};

typedef unsigned long long Barrier;

// A window of shared memory begins at address 0; it is less than 2^18 bytes.
inline unsigned shared_address(const void* shared) { return (unsigned)((const unsigned char*)shared - sim::current->block->window); }

namespace sim {

// The barrier's eight bytes: arrivals still to come and of each phase, bytes still to come, the phase's parity.
struct BarrierState {
    uint16_t pending;
    uint16_t arrivals;
    int32_t bytes : 31;
    uint32_t parity : 1;
};
static_assert(sizeof(BarrierState) == 8);

inline BarrierState& state(void* barrier) { return *(BarrierState*)barrier; }

inline void settle(void* barrier) {
    BarrierState& s = state(barrier);
    if (s.pending > 0 || s.bytes != 0) return;
    s.parity ^= 1;
    s.pending = s.arrivals;
    progress++;
}

inline void arrive(void* barrier) {
    BarrierState& s = state(barrier);
    if (s.pending == 0) std::abort();  // more arrivals than the barrier expects
    s.pending--;
    settle(barrier);
}

// The same place in the shared memory of another block of the cluster.
inline unsigned char* at_block(const void* shared, unsigned rank) {
    return current->block->cluster->blocks.at(rank).window + shared_address(shared);
}

// As cuTensorMapEncodeTiled of the simulated driver leaves it.
struct Map {
    uint64_t magic, address, columns, rows, stride, box_columns, box_rows;
};

// 128-byte swizzle: within 1024 bytes, the sixteen bytes' place in its row of 128 is exchanged by the row's number.
inline unsigned swizzled(unsigned address) { return address ^ (address >> 7 & 7) << 4; }

inline void load(void* to, const TensorMap* map, Barrier* barrier, int column, int row, unsigned blocks) {
    const Map m = *(const Map*)map;
    if (m.magic != 0x5349544d41500001 || (uintptr_t)map % 64 != 0 || shared_address(to) % 128 != 0) std::abort();
    Cluster* cluster = current->block->cluster;
    const unsigned to_address = shared_address(to);
    const unsigned barrier_address = shared_address(barrier);
    // Copies take their time, each another.
    const unsigned varied = (unsigned)progress * 1664525u + to_address * 1013904223u;
    cluster->later.push_back({(int)(varied >> 24) % 6, [=] {
        for (unsigned rank = 0; rank < cluster->blocks.size(); rank++) {
            if (!(blocks >> rank & 1)) continue;
            unsigned char* window = cluster->blocks[rank].window;
            for (uint64_t r = 0; r < m.box_rows; r++) {
                for (uint64_t c = 0; c < m.box_columns; c++) {
                    const int64_t at_row = row + (int64_t)r, at_column = column + (int64_t)c;
                    const bool inside = at_row >= 0 && at_row < (int64_t)m.rows && at_column >= 0 && at_column < (int64_t)m.columns;
                    const half_bits value = inside ? *(const half_bits*)(m.address + at_row * m.stride + 2 * at_column) : (half_bits)0;
                    std::memcpy(window + swizzled((unsigned)(to_address + r * m.box_columns * 2 + 2 * c)), &value, 2);
                }
            }
            state(window + barrier_address).bytes -= (int)(m.box_rows * m.box_columns * 2);
            settle(window + barrier_address);
        }
    }});
}

struct Multiplication {
    float* d;
    uint64_t a, b;
    bool add;
};

// Groups of products that a thread has begun, and the one it is collecting.
struct Products {
    std::deque<std::vector<Multiplication>> groups;
    std::vector<Multiplication> open;
};
inline Products& products() {
    if (!current->products) current->products = std::make_shared<Products>();
    return *(Products*)current->products.get();
}

// K-major operand, 128-byte swizzle: row r, column k of the 16.
inline float element(uint64_t descriptor, int r, int k) {
    if (descriptor >> 62 != 1) std::abort();
    const unsigned start = (unsigned)(descriptor & 0x3fff) << 4;
    const unsigned eight_rows = (unsigned)(descriptor >> 32 & 0x3fff) << 4;
    half_bits value;
    std::memcpy(&value, current->block->window + swizzled(start + r / 8 * eight_rows + r % 8 * 128 + 2 * k), 2);
    return widen(value);
}

inline void multiply(const Multiplication& m) {
    const int in_group = current->thread % 128;
    const int first = in_group / 32 * 16 + in_group % 32 / 4;
    for (int below = 0; below < 2; below++) {
        float a[16];
        for (int k = 0; k < 16; k++) a[k] = element(m.a, first + 8 * below, k);
        for (int j = 0; j < 32; j++) {
            for (int next = 0; next < 2; next++) {
                float sum = 0;
                for (int k = 0; k < 16; k++) sum += a[k] * element(m.b, 8 * j + 2 * (in_group % 4) + next, k);
                float& d = m.d[4 * j + 2 * below + next];
                d = m.add ? d + sum : sum;
            }
        }
    }
}

}  // namespace sim

inline void barrier_init(Barrier* barrier, unsigned arrivals) { sim::state(barrier) = {(uint16_t)arrivals, (uint16_t)arrivals, 0, 0}; }
inline void barrier_init_fence() {}
inline void barrier_expect(Barrier* barrier, unsigned bytes) {
    sim::state(barrier).bytes += bytes;
    sim::arrive(barrier);
}
inline void barrier_arrive(Barrier* barrier, unsigned block) { sim::arrive(sim::at_block(barrier, block)); }
inline void barrier_wait(Barrier* barrier, unsigned parity) {
    while (sim::state(barrier).parity == (parity & 1)) sim::yield();
}
inline void load_box(void* to, const TensorMap* map, Barrier* barrier, int column, int row) {
    sim::load(to, map, barrier, column, row, 1u << sim::current->block->rank);
}
inline void load_box_to_cluster(void* to, const TensorMap* map, Barrier* barrier, int column, int row, unsigned short blocks) {
    sim::load(to, map, barrier, column, row, blocks);
}
inline unsigned cluster_rank() { return sim::current->block->rank; }
inline void cluster_sync() { sim::wait(sim::current->block->cluster->all); }

template <int COUNT>
void take_registers() {
    static_assert(COUNT % 8 == 0 && COUNT >= 24 && COUNT <= 256);
}
template <int COUNT>
void give_registers() {
    static_assert(COUNT % 8 == 0 && COUNT >= 24 && COUNT <= 256);
}

inline unsigned long long matrix_in_shared(const void* shared) {
    return (unsigned long long)(shared_address(shared) >> 4) | 64ull << 32 | 1ull << 62;
}

inline void products_begin() {}
inline void products_end() {
    sim::Products& own = sim::products();
    own.groups.push_back(std::move(own.open));
    own.open.clear();
}
// A product is the warpgroup's, not a thread's: nobody goes on, and hands back what the product read, before all 128 threads have their sums.
template <int PENDING>
void products_wait() {
    sim::Products& own = sim::products();
    sim::Gathering& warpgroup = sim::current->block->warpgroups[sim::current->thread / sim::WARPGROUP];
    sim::wait(warpgroup);
    while (own.groups.size() > PENDING) {
        for (const auto& multiplication : own.groups.front()) sim::multiply(multiplication);
        own.groups.pop_front();
    }
    sim::wait(warpgroup);
}
inline void product_64x256x16(float d[128], unsigned long long a, unsigned long long b, int add) {
    sim::products().open.push_back({d, a, b, add != 0});
}
inline void products_wait_all(float*) { products_wait<0>(); }
