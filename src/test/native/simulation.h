// What the simulated libraries know of each other, and what tests tell them.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {
// Work a stream does in its order; a status other than 0 breaks the device's context.
typedef int (*sim_work)(void* argument);
int sim_enqueue(uint64_t stream, sim_work work, void* argument);

// Counts a call and says what it is to answer: 0, or what a test ordered.
int sim_called(const char* function);

// Work of a name begins in a stream: counted, and subject to what tests order for that name.
void sim_begin(uint64_t stream, const char* name);

// For tests: so many devices, all alike, with nothing allocated, nothing ordered and fresh contexts.
void sim_configure(int devices, uint64_t memory_bytes, int multiprocessors, int capability_major, int capability_minor);
// The call of this function on this device after `after` more answers `status`; for ever, until the context is reset, when `sticky`.
void sim_fail(int device, const char* function, int64_t after, int status, int sticky);
// Launches on this device after `after` more never end, until the context is reset.
void sim_hang(int device, int64_t after);
// The order in which a block's threads take turns: 0 ascending, 1 descending, any other number a drawn one.
void sim_order(uint32_t order);
// Work of this name, a kernel or "product N" by the N-th proposal, takes so many milliseconds by the events' clock; what has no order takes none then.
void sim_takes(int device, const char* name, double millis);
// Work of this name after `after` more waits in its stream until it is released; whether it waits.
void sim_hold(int device, const char* name, int64_t after);
int sim_held(int device, const char* name);
void sim_release(int device, const char* name);
// How often a function of the driver was called, or work of this name begun.
uint64_t sim_calls(int device, const char* name);
// Bytes of device memory that are taken.
uint64_t sim_allocated(int device);
// Kernels launched since the configuration.
uint64_t sim_launched(int device);
}
