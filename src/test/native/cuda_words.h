// The words of CUDA C++ for g++, so that a kernel's own source runs on the processor: every thread of a block is a fiber, a block runs on one thread of the
// machine (a cluster's blocks on the same one), clusters run beside each other. Put before a kernel's source by the simulated NVRTC.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <thread>
#include <deque>
#include <link.h>
#include <memory>
#include <tuple>
#include <vector>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __restrict__
#define __grid_constant__
#define __launch_bounds__(...)
#define __cluster_dims__(...)
#define __align__(n) __attribute__((aligned(n)))
// One block at a time runs on a thread, so that what a block shares is what its thread has.
#define __shared__ static thread_local

struct Index3 {
    unsigned x, y, z;
};

namespace sim {

constexpr int WARP = 32;
// A fiber's frames are small: kernels hold their arrays in what would be registers.
constexpr size_t STACK_BYTES = 64 * 1024;
// So many rounds over all fibers in which nothing moves mean that a barrier is never met.
constexpr int STUCK_ROUNDS = 20000;

struct Block;

struct Fiber {
    void* stack_pointer = nullptr;
    Block* block = nullptr;
    Index3 index{};
    int thread = 0;
    bool done = false;
    // Products that it has begun and not yet waited for; sm90.cuh knows what they are.
    std::shared_ptr<void> products;
};

// Threads that wait for each other, a warp or a block; those that have ended do not count.
struct Gathering {
    int alive = 0;
    int arrived = 0;
    uint64_t round = 0;

    bool open() {
        if (arrived < alive || arrived == 0) return false;
        arrived = 0;
        round++;
        return true;
    }
};

// What the lanes of a warp show each other. Two of them in turn: a lane can be one exchange ahead of another, never two.
struct Warp {
    Gathering gathering;
    uint64_t shown[2][WARP] = {};
    uint32_t fragments[2][WARP][10] = {};
};

struct Cluster;

struct Block {
    Index3 index{}, grid{}, size{};
    std::vector<Fiber> fibers;
    std::vector<Warp> warps;
    Gathering all;
    // The block's window of shared memory; what is given at launch begins somewhere in it, aligned to no more than sixteen bytes.
    unsigned char* window = nullptr;
    unsigned char* dynamic_shared = nullptr;
    Cluster* cluster = nullptr;
    unsigned rank = 0;
};

// Something that happens by itself some rounds later, such as a copy of the bulk copy engine.
struct Later {
    int rounds;
    std::function<void()> happens;
};

struct Cluster {
    std::vector<Block> blocks;
    Gathering all;
    std::vector<Later> later;
};

inline thread_local Fiber* current = nullptr;
inline thread_local void (*body)(void*) = nullptr;
inline thread_local void* body_argument = nullptr;
inline thread_local void* scheduler = nullptr;
inline thread_local uint64_t progress = 0;

#if defined(__x86_64__)
// Saves what a call must keep and the stack pointer, and goes on with another stack.
asm(R"(
.text
.p2align 4
.local sim_switch_stack
sim_switch_stack:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
)");
extern "C" void sim_switch_stack(void** save, void* load);
#else
#error "the simulated GPU knows x86-64 only"
#endif

inline void yield() { sim_switch_stack(&current->stack_pointer, scheduler); }

inline void wait(Gathering& gathering) {
    const uint64_t round = gathering.round;
    gathering.arrived++;
    if (gathering.open()) {
        progress++;
        return;
    }
    while (gathering.round == round) yield();
}

inline void leave(Gathering& gathering) {
    gathering.alive--;
    gathering.open();
}

inline void fiber_main() {
    body(body_argument);
    Fiber* self = current;
    self->done = true;
    progress++;
    leave(self->block->warps[self->thread / WARP].gathering);
    leave(self->block->all);
    leave(self->block->cluster->all);
    yield();
    std::abort();
}

// The order in which threads take turns, by number: each round ascending, descending, or drawn anew from any other number. What is right does not depend on it.
struct Turns {
    std::vector<Fiber*> fibers;
    uint32_t order, state;

    Turns(Cluster& cluster, uint32_t order) : order(order), state(order) {
        for (Block& block : cluster.blocks)
            for (Fiber& fiber : block.fibers) fibers.push_back(&fiber);
        if (order == DESCENDING) std::reverse(fibers.begin(), fibers.end());
    }
    void next_round() {
        if (order == ASCENDING || order == DESCENDING) return;
        for (size_t i = fibers.size() - 1; i > 0; i--) {
            state = state * 1664525u + 1013904223u;
            std::swap(fibers[i], fibers[(uint64_t)state * (i + 1) >> 32]);
        }
    }
    static constexpr uint32_t ASCENDING = 0, DESCENDING = 1;
};

// Runs a cluster to its end; false when its threads wait for each other for ever.
inline bool run_cluster(Cluster& cluster, unsigned char* stacks, uint32_t order) {
    cluster.later.clear();
    cluster.all = Gathering{};
    int left = 0;
    for (Block& block : cluster.blocks) {
        const int threads = (int)block.fibers.size();
        block.warps.assign((threads + WARP - 1) / WARP, Warp{});
        block.all = Gathering{threads, 0, 0};
        cluster.all.alive += threads;
        for (int i = 0; i < threads; i++, left++) {
            Fiber& fiber = block.fibers[i];
            fiber = Fiber{};
            fiber.block = &block;
            fiber.thread = i;
            fiber.index = {i % block.size.x, i / block.size.x % block.size.y, i / (block.size.x * block.size.y)};
            block.warps[i / WARP].gathering.alive++;
            // Six registers, then where to go; a call leaves the stack eight bytes off sixteen.
            void** top = (void**)(stacks + (left + 1) * STACK_BYTES) - 8;
            std::memset(top, 0, 8 * sizeof(void*));
            top[6] = (void*)fiber_main;
            fiber.stack_pointer = top;
        }
    }
    Turns turns(cluster, order);
    int still = 0;
    uint64_t before = progress;
    while (left > 0) {
        turns.next_round();
        for (Fiber* fiber : turns.fibers) {
            if (fiber->done) continue;
            current = fiber;
            sim_switch_stack(&scheduler, fiber->stack_pointer);
            if (fiber->done) left--;
        }
        for (size_t i = 0; i < cluster.later.size();) {
            if (cluster.later[i].rounds-- > 0) {
                i++;
                continue;
            }
            cluster.later[i].happens();
            cluster.later.erase(cluster.later.begin() + i);
            progress++;
        }
        still = progress == before ? still + 1 : 0;
        before = progress;
        if (still > STUCK_ROUNDS) return false;
    }
    // What is still under way when a block ends would write into another's memory.
    return cluster.later.empty();
}

// This thread's own memory, in which a kernel's __shared__ variables are; the scheduler's few lie among them.
struct ThreadMemory {
    char* start = nullptr;
    size_t bytes = 0;

    static ThreadMemory find() {
        ThreadMemory found;
        current = nullptr;  // touched, so that it is there
        dl_iterate_phdr(
                [](dl_phdr_info* info, size_t, void* to) {
                    for (int i = 0; i < info->dlpi_phnum; i++) {
                        char* const start = (char*)info->dlpi_tls_data;
                        const size_t bytes = info->dlpi_phdr[i].p_memsz;
                        const bool own = info->dlpi_phdr[i].p_type == PT_TLS && start <= (char*)&current && (char*)&current < start + bytes;
                        if (own && start != nullptr) *(ThreadMemory*)to = {start, bytes};
                    }
                    return 0;
                },
                &found);
        // Modules must not share their scheduler's variables, or this one's would be sought in another.
        if (found.start == nullptr) std::abort();
        return found;
    }
    // Fresh shared memory holds nothing that a kernel may rely on.
    void poison() const {
        const auto kept = std::make_tuple(current, body, body_argument, scheduler, progress);
        std::memset(start, 0xff, bytes);
        std::tie(current, body, body_argument, scheduler, progress) = kept;
    }
};

struct Launch {
    Index3 grid, block;
    unsigned shared_bytes;
    void** parameters;
    uint32_t order;
    // Runs something; 0, or the CUresult of the memory access that ended it.
    int (*guarded)(void (*run)(void*), void* argument);
};

template <class... Arguments>
struct Call {
    void (*kernel)(Arguments...);
    std::tuple<std::decay_t<Arguments>...> arguments;
    static void run(void* self) {
        Call* call = (Call*)self;
        std::apply(call->kernel, call->arguments);
    }
};

template <class... Arguments, size_t... Places>
Call<Arguments...> bound(void (*kernel)(Arguments...), void** parameters, std::index_sequence<Places...>) {
    return {kernel, {*(std::decay_t<Arguments>*)parameters[Places]...}};
}

// Runs a grid of clusters of so many blocks; 0, or the CUresult that a launch ends with whose threads wait for ever or go astray.
template <class... Arguments>
int launch(const Launch* launch, int cluster_size, void (*kernel)(Arguments...)) {
    const auto call = bound(kernel, launch->parameters, std::index_sequence_for<Arguments...>());
    const uint64_t blocks = (uint64_t)launch->grid.x * launch->grid.y * launch->grid.z;
    const int threads = launch->block.x * launch->block.y * launch->block.z;
    if (launch->grid.x % cluster_size != 0) return 1;
    std::atomic<uint64_t> next{0};
    std::atomic<int> failed{0};
    const auto work = [&] {
        auto own = call;
        std::vector<unsigned char> stacks(cluster_size * threads * STACK_BYTES + 64);
        unsigned char* aligned = (unsigned char*)(((uintptr_t)stacks.data() + 63) / 64 * 64);
        const size_t window_bytes = (launch->shared_bytes + 2 * 1024) / 1024 * 1024;
        std::vector<unsigned char> shared(cluster_size * window_bytes + 1024);
        Cluster cluster;
        cluster.blocks.resize(cluster_size);
        for (int rank = 0; rank < cluster_size; rank++) {
            Block& block = cluster.blocks[rank];
            block.cluster = &cluster;
            block.rank = rank;
            block.fibers.resize(threads);
            block.grid = launch->grid;
            block.size = launch->block;
            block.window = (unsigned char*)(((uintptr_t)shared.data() + 1023) / 1024 * 1024) + rank * window_bytes;
            block.dynamic_shared = block.window + 16;
        }
        const ThreadMemory thread_memory = ThreadMemory::find();
        body = &decltype(own)::run;
        body_argument = &own;
        const auto clusters = [&] {
            for (uint64_t first = next.fetch_add(cluster_size); first < blocks && failed == 0; first = next.fetch_add(cluster_size)) {
                for (Block& block : cluster.blocks) {
                    const uint64_t i = first + block.rank;
                    block.index = {(unsigned)(i % launch->grid.x), (unsigned)(i / launch->grid.x % launch->grid.y),
                                   (unsigned)(i / ((uint64_t)launch->grid.x * launch->grid.y))};
                }
                std::fill(shared.begin(), shared.end(), 0xff);
                thread_memory.poison();
                if (!run_cluster(cluster, aligned, launch->order)) failed = 702;
            }
        };
        // A fault leaves fibers where they are: nothing they hold needs to be given back.
        const int astray = launch->guarded([](void* run) { (*(decltype(clusters)*)run)(); }, (void*)&clusters);
        if (astray != 0) failed = astray;
    };
    const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
    std::vector<std::thread> others;
    for (unsigned i = 1; i < cores && i * cluster_size < blocks; i++) others.emplace_back(work);
    work();
    for (std::thread& other : others) other.join();
    return failed;
}

inline Warp& warp() { return current->block->warps[current->thread / WARP]; }
inline int lane() { return current->thread % WARP; }

// Shows a value to the warp; where the warp's values of this exchange are.
inline const uint64_t* exchange(uint64_t value) {
    Warp& own = warp();
    uint64_t* shown = own.shown[own.gathering.round % 2];
    shown[lane()] = value;
    wait(own.gathering);
    return shown;
}

template <class Value>
Value shuffle(Value value, int source) {
    uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof value);
    const uint64_t got = exchange(bits)[source];
    std::memcpy(&value, &got, sizeof value);
    return value;
}

}  // namespace sim

#define threadIdx (sim::current->index)
#define blockIdx (sim::current->block->index)
#define blockDim (sim::current->block->size)
#define gridDim (sim::current->block->grid)

inline void __syncthreads() { sim::wait(sim::current->block->all); }
inline void __syncwarp(unsigned = 0xffffffffu) { sim::wait(sim::warp().gathering); }

template <class Value>
Value __shfl_sync(unsigned, Value value, int source) {
    return sim::shuffle(value, source % sim::WARP);
}
template <class Value>
Value __shfl_xor_sync(unsigned, Value value, int mask) {
    return sim::shuffle(value, sim::lane() ^ mask);
}
template <class Value>
Value __shfl_down_sync(unsigned, Value value, int apart) {
    // A lane whose source would be beyond the warp keeps its own value.
    return sim::shuffle(value, sim::lane() + apart < sim::WARP ? sim::lane() + apart : sim::lane());
}

inline float rsqrtf(float x) { return 1.0f / std::sqrt(x); }
using std::max;
using std::min;
