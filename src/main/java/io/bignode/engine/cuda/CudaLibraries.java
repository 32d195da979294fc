package io.bignode.engine.cuda;

/**
 * The libraries that GPUs are driven with.
 *
 * @param driver   the driver API, initialised
 * @param nvrtc    the compiler
 * @param cublasLt the library of the matrix products; each context opens it for itself
 */
record CudaLibraries(CudaDriver driver, Nvrtc nvrtc, NativeLibrary cublasLt) {}
