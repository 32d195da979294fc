package io.bignode.engine.cuda;

/**
 * The libraries that GPUs are driven with.
 *
 * @param driver   the driver API, initialised
 * @param nvrtc    the compiler
 * @param cublasLt the library of the matrix products; each context opens it for itself
 * @param version  the driver's version, as far as it tells
 */
record CudaLibraries(CudaDriver driver, Nvrtc nvrtc, NativeLibrary cublasLt, String version) {
    /** What decides, beside the GPU itself, which of several ways to compute the same is the faster one. */
    String identity() {
        return String.join("\0", version, nvrtc.version(), cublasLt.name(), cublasLt.build());
    }
}
