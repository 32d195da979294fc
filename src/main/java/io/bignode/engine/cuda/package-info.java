/**
 * NVIDIA GPUs as devices, driven through the libraries of the host: driver API, cuBLASLt, NVRTC, NVML. In come parameters, a weight pool and
 * inputs, out go distances. Kernels are CUDA C++ in {@code resources/kernels}, compiled for the device at hand and kept.
 *
 * <p>Invariants: every handle is closed by the type that made it; what fails on one GPU stays there; a machine without GPUs or without their
 * libraries is an answer with its reason, never a failure.
 */
@NullMarked
package io.bignode.engine.cuda;

import org.jspecify.annotations.NullMarked;
