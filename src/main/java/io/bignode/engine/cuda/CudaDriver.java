package io.bignode.engine.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.bignode.engine.DeviceException;
import io.bignode.engine.DeviceLostException;
import io.bignode.engine.DeviceMemoryException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.HexFormat;
import java.util.Set;

/**
 * The CUDA driver API, as far as it is used here. Opaque handles and device pointers are {@code long}s; host memory is a segment. Every call
 * checks its status.
 *
 * @see <a href="https://docs.nvidia.com/cuda/cuda-driver-api/">CUDA Driver API</a>
 */
final class CudaDriver {
    /** {@code CU_DEVICE_ATTRIBUTE_…} */
    static final int CLOCK_KHZ = 13;

    static final int MULTIPROCESSORS = 16;
    static final int CAPABILITY_MAJOR = 75;
    static final int CAPABILITY_MINOR = 76;

    private static final int OUT_OF_MEMORY = 2;
    private static final int NOT_READY = 600;

    /** Statuses after which a context does nothing any more: {@code CUDA_ERROR_DEINITIALIZED} to {@code CUDA_ERROR_UNKNOWN}. */
    private static final Set<Integer> LOST = Set.of(4, 46, 201, 214, 220, 226, 700, 702, 710, 714, 715, 716, 717, 718, 719, 720, 721, 999);

    /** {@code CU_STREAM_NON_BLOCKING}, {@code CU_EVENT_DEFAULT}, {@code CU_MEMHOSTALLOC_PORTABLE} */
    private static final int NON_BLOCKING = 1;

    private static final int TIMED = 0;
    private static final int PORTABLE = 1;

    /** {@code CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES} */
    private static final int DYNAMIC_SHARED_BYTES = 8;

    private final MethodHandle init;
    private final MethodHandle driverVersion;
    private final MethodHandle deviceCount;
    private final MethodHandle device;
    private final MethodHandle deviceName;
    private final MethodHandle deviceAttribute;
    private final MethodHandle deviceMemory;
    private final MethodHandle deviceUuid;
    private final MethodHandle devicePciBusId;
    private final MethodHandle contextRetain;
    private final MethodHandle contextRelease;
    private final MethodHandle contextReset;
    private final MethodHandle contextSetCurrent;
    private final MethodHandle memoryInfo;
    private final MethodHandle memoryAlloc;
    private final MethodHandle memoryFree;
    private final MethodHandle hostAlloc;
    private final MethodHandle hostFree;
    private final MethodHandle toDevice;
    private final MethodHandle toHost;
    private final MethodHandle memset;
    private final MethodHandle streamCreate;
    private final MethodHandle streamDestroy;
    private final MethodHandle streamSynchronize;
    private final MethodHandle streamWaitEvent;
    private final MethodHandle eventCreate;
    private final MethodHandle eventDestroy;
    private final MethodHandle eventRecord;
    private final MethodHandle eventQuery;
    private final MethodHandle eventElapsed;
    private final MethodHandle moduleLoad;
    private final MethodHandle moduleUnload;
    private final MethodHandle moduleFunction;
    private final MethodHandle functionAttribute;
    private final MethodHandle launch;
    private final MethodHandle errorName;
    private final MethodHandle errorString;
    private final MethodHandle tensorMap;

    /**
     * The driver of this host, initialised.
     *
     * @throws DeviceException when there is no GPU it can drive
     */
    CudaDriver(NativeLibrary library) {
        // CUresult cuInit(unsigned int flags)
        init = library.status("cuInit", JAVA_INT);
        // CUresult cuDriverGetVersion(int *version)
        driverVersion = library.status("cuDriverGetVersion", ADDRESS);
        // CUresult cuDeviceGetCount(int *count)
        deviceCount = library.status("cuDeviceGetCount", ADDRESS);
        // CUresult cuDeviceGet(CUdevice *device, int ordinal)
        device = library.status("cuDeviceGet", ADDRESS, JAVA_INT);
        // CUresult cuDeviceGetName(char *name, int length, CUdevice device)
        deviceName = library.status("cuDeviceGetName", ADDRESS, JAVA_INT, JAVA_INT);
        // CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice device)
        deviceAttribute = library.status("cuDeviceGetAttribute", ADDRESS, JAVA_INT, JAVA_INT);
        // CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice device)
        deviceMemory = library.status("cuDeviceTotalMem_v2", ADDRESS, JAVA_INT);
        // CUresult cuDeviceGetUuid_v2(CUuuid *uuid, CUdevice device)
        deviceUuid = library.status("cuDeviceGetUuid_v2", ADDRESS, JAVA_INT);
        // CUresult cuDeviceGetPCIBusId(char *id, int length, CUdevice device)
        devicePciBusId = library.status("cuDeviceGetPCIBusId", ADDRESS, JAVA_INT, JAVA_INT);
        // CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device)
        contextRetain = library.status("cuDevicePrimaryCtxRetain", ADDRESS, JAVA_INT);
        // CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device)
        contextRelease = library.status("cuDevicePrimaryCtxRelease_v2", JAVA_INT);
        // CUresult cuDevicePrimaryCtxReset_v2(CUdevice device)
        contextReset = library.status("cuDevicePrimaryCtxReset_v2", JAVA_INT);
        // CUresult cuCtxSetCurrent(CUcontext context)
        contextSetCurrent = library.status("cuCtxSetCurrent", JAVA_LONG);
        // CUresult cuMemGetInfo_v2(size_t *free, size_t *total)
        memoryInfo = library.status("cuMemGetInfo_v2", ADDRESS, ADDRESS);
        // CUresult cuMemAlloc_v2(CUdeviceptr *address, size_t bytes)
        memoryAlloc = library.status("cuMemAlloc_v2", ADDRESS, JAVA_LONG);
        // CUresult cuMemFree_v2(CUdeviceptr address)
        memoryFree = library.status("cuMemFree_v2", JAVA_LONG);
        // CUresult cuMemHostAlloc(void **memory, size_t bytes, unsigned int flags)
        hostAlloc = library.status("cuMemHostAlloc", ADDRESS, JAVA_LONG, JAVA_INT);
        // CUresult cuMemFreeHost(void *memory)
        hostFree = library.status("cuMemFreeHost", ADDRESS);
        // CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes, CUstream stream)
        toDevice = library.status("cuMemcpyHtoDAsync_v2", JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG);
        // CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes, CUstream stream)
        toHost = library.status("cuMemcpyDtoHAsync_v2", ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG);
        // CUresult cuMemsetD8Async(CUdeviceptr address, unsigned char value, size_t bytes, CUstream stream)
        memset = library.status("cuMemsetD8Async", JAVA_LONG, JAVA_BYTE, JAVA_LONG, JAVA_LONG);
        // CUresult cuStreamCreate(CUstream *stream, unsigned int flags)
        streamCreate = library.status("cuStreamCreate", ADDRESS, JAVA_INT);
        // CUresult cuStreamDestroy_v2(CUstream stream)
        streamDestroy = library.status("cuStreamDestroy_v2", JAVA_LONG);
        // CUresult cuStreamSynchronize(CUstream stream)
        streamSynchronize = library.status("cuStreamSynchronize", JAVA_LONG);
        // CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned int flags)
        streamWaitEvent = library.status("cuStreamWaitEvent", JAVA_LONG, JAVA_LONG, JAVA_INT);
        // CUresult cuEventCreate(CUevent *event, unsigned int flags)
        eventCreate = library.status("cuEventCreate", ADDRESS, JAVA_INT);
        // CUresult cuEventDestroy_v2(CUevent event)
        eventDestroy = library.status("cuEventDestroy_v2", JAVA_LONG);
        // CUresult cuEventRecord(CUevent event, CUstream stream)
        eventRecord = library.status("cuEventRecord", JAVA_LONG, JAVA_LONG);
        // CUresult cuEventQuery(CUevent event)
        eventQuery = library.status("cuEventQuery", JAVA_LONG);
        // CUresult cuEventElapsedTime(float *milliseconds, CUevent start, CUevent end)
        eventElapsed = library.status(library.firstOf("cuEventElapsedTime_v2", "cuEventElapsedTime"), ADDRESS, JAVA_LONG, JAVA_LONG);
        // CUresult cuModuleLoadData(CUmodule *module, const void *image)
        moduleLoad = library.status("cuModuleLoadData", ADDRESS, ADDRESS);
        // CUresult cuModuleUnload(CUmodule module)
        moduleUnload = library.status("cuModuleUnload", JAVA_LONG);
        // CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name)
        moduleFunction = library.status("cuModuleGetFunction", ADDRESS, JAVA_LONG, ADDRESS);
        // CUresult cuFuncSetAttribute(CUfunction function, CUfunction_attribute attribute, int value)
        functionAttribute = library.status("cuFuncSetAttribute", JAVA_LONG, JAVA_INT, JAVA_INT);
        // CUresult cuLaunchKernel(CUfunction f, unsigned int gridX, gridY, gridZ, unsigned int blockX, blockY, blockZ, unsigned int sharedBytes,
        //                         CUstream stream, void **parameters, void **extra)
        launch = library.status(
                "cuLaunchKernel", JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS, ADDRESS);
        // CUresult cuGetErrorName(CUresult error, const char **name)
        errorName = library.status("cuGetErrorName", JAVA_INT, ADDRESS);
        // CUresult cuGetErrorString(CUresult error, const char **text)
        errorString = library.status("cuGetErrorString", JAVA_INT, ADDRESS);
        // CUresult cuTensorMapEncodeTiled(CUtensorMap *map, CUtensorMapDataType type, cuuint32_t rank, void *address, const cuuint64_t *dims,
        //                                 const cuuint64_t *strides, const cuuint32_t *box, const cuuint32_t *elementStrides,
        //                                 CUtensorMapInterleave, CUtensorMapSwizzle, CUtensorMapL2promotion, CUtensorMapFloatOOBfill)
        tensorMap = library.status(
                "cuTensorMapEncodeTiled", ADDRESS, JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_INT, JAVA_INT,
                JAVA_INT, JAVA_INT);
        run("cuInit", () -> (int) init.invokeExact(0));
    }

    /** The CUDA version the driver supports, for instance 13000. */
    int version() {
        return intOf("cuDriverGetVersion", out -> (int) driverVersion.invokeExact(out));
    }

    /** How many GPUs there are, after {@code CUDA_VISIBLE_DEVICES}. */
    int deviceCount() {
        return intOf("cuDeviceGetCount", out -> (int) deviceCount.invokeExact(out));
    }

    /** The driver's number of the GPU at a place. */
    int device(int ordinal) {
        return intOf("cuDeviceGet", out -> (int) device.invokeExact(out, ordinal));
    }

    /** What the maker calls it. */
    String name(int gpu) {
        return textOf("cuDeviceGetName", (out, length) -> (int) deviceName.invokeExact(out, length, gpu));
    }

    /** One of its attributes. */
    int attribute(int gpu, int attribute) {
        return intOf("cuDeviceGetAttribute", out -> (int) deviceAttribute.invokeExact(out, attribute, gpu));
    }

    /** Its memory in bytes. */
    long totalMemory(int gpu) {
        return longOf("cuDeviceTotalMem", out -> (int) deviceMemory.invokeExact(out, gpu));
    }

    /** Its name for ever, as NVIDIA's tools print it: {@code GPU-xxxxxxxx-xxxx-…}. */
    String uuid(int gpu) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(16);
            run("cuDeviceGetUuid", () -> (int) deviceUuid.invokeExact(bytes, gpu));
            String hex = HexFormat.of().formatHex(bytes.toArray(JAVA_BYTE));
            return "GPU-" + hex.replaceFirst("(.{8})(.{4})(.{4})(.{4})(.{12})", "$1-$2-$3-$4-$5");
        }
    }

    /** Where it sits, for instance {@code 0000:17:00.0}. */
    String pciBusId(int gpu) {
        return textOf("cuDeviceGetPCIBusId", (out, length) -> (int) devicePciBusId.invokeExact(out, length, gpu));
    }

    /** Its primary context; {@link #releaseContext} gives it back. */
    long retainContext(int gpu) {
        return longOf("cuDevicePrimaryCtxRetain", out -> (int) contextRetain.invokeExact(out, gpu));
    }

    /** Gives a primary context back. */
    void releaseContext(int gpu) {
        run("cuDevicePrimaryCtxRelease", () -> (int) contextRelease.invokeExact(gpu));
    }

    /** Destroys a primary context and everything in it, broken or not. */
    void resetContext(int gpu) {
        run("cuDevicePrimaryCtxReset", () -> (int) contextReset.invokeExact(gpu));
    }

    /**
     * Has this thread's calls go to a context. A context is current for a thread of the system, and a virtual thread may go on on another one wherever it
     * waits: its calls would then go to another GPU. So nothing that calls the driver runs on a virtual thread.
     *
     * @throws IllegalStateException on a virtual thread
     */
    void setCurrent(long context) {
        if (Thread.currentThread().isVirtual()) throw new IllegalStateException("a virtual thread may not call the driver");
        run("cuCtxSetCurrent", () -> (int) contextSetCurrent.invokeExact(context));
    }

    /** Free bytes of the current context's GPU. */
    long freeMemory() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment free = arena.allocate(JAVA_LONG);
            MemorySegment total = arena.allocate(JAVA_LONG);
            run("cuMemGetInfo", () -> (int) memoryInfo.invokeExact(free, total));
            return free.get(JAVA_LONG, 0);
        }
    }

    /** Device memory; {@link #free} gives it back. */
    long alloc(long bytes) {
        return longOf("cuMemAlloc of " + bytes + " bytes", out -> (int) memoryAlloc.invokeExact(out, bytes));
    }

    /** Frees device memory. */
    void free(long address) {
        run("cuMemFree", () -> (int) memoryFree.invokeExact(address));
    }

    /** Page-locked host memory every GPU copies from at full speed; {@link #freeHost} gives it back. */
    MemorySegment allocHost(long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ADDRESS);
            run("cuMemHostAlloc of " + bytes + " bytes", () -> (int) hostAlloc.invokeExact(out, bytes, PORTABLE));
            return out.get(ADDRESS, 0).reinterpret(bytes);
        }
    }

    /** Frees page-locked memory. */
    void freeHost(MemorySegment memory) {
        run("cuMemFreeHost", () -> (int) hostFree.invokeExact(memory));
    }

    /** Copies to the device, in the stream's order; the memory must stay as it is until then. */
    void copyToDevice(long to, MemorySegment from, long bytes, long stream) {
        require(from, bytes);
        run("cuMemcpyHtoDAsync", () -> (int) toDevice.invokeExact(to, from, bytes, stream));
    }

    /** Copies from the device, in the stream's order. */
    void copyToHost(MemorySegment to, long from, long bytes, long stream) {
        require(to, bytes);
        run("cuMemcpyDtoHAsync", () -> (int) toHost.invokeExact(to, from, bytes, stream));
    }

    /** Fills device memory with a byte, in the stream's order. */
    void fill(long address, byte value, long bytes, long stream) {
        run("cuMemsetD8Async", () -> (int) memset.invokeExact(address, value, bytes, stream));
    }

    /** A stream that runs beside the default one. */
    long createStream() {
        return longOf("cuStreamCreate", out -> (int) streamCreate.invokeExact(out, NON_BLOCKING));
    }

    /** Destroys a stream once it has run dry. */
    void destroyStream(long stream) {
        run("cuStreamDestroy", () -> (int) streamDestroy.invokeExact(stream));
    }

    /** Waits until a stream has run dry. */
    void synchronize(long stream) {
        run("cuStreamSynchronize", () -> (int) streamSynchronize.invokeExact(stream));
    }

    /** Has what is launched into a stream from now on wait for an event. */
    void waitFor(long stream, long event) {
        run("cuStreamWaitEvent", () -> (int) streamWaitEvent.invokeExact(stream, event, 0));
    }

    /** An event that notes the time. */
    long createEvent() {
        return longOf("cuEventCreate", out -> (int) eventCreate.invokeExact(out, TIMED));
    }

    /** Destroys an event. */
    void destroyEvent(long event) {
        run("cuEventDestroy", () -> (int) eventDestroy.invokeExact(event));
    }

    /** Has an event happen when a stream comes to this point. */
    void record(long event, long stream) {
        run("cuEventRecord", () -> (int) eventRecord.invokeExact(event, stream));
    }

    /** Whether an event has happened. */
    boolean happened(long event) {
        int status = NativeLibrary.status("cuEventQuery", () -> (int) eventQuery.invokeExact(event));
        if (status == NOT_READY) return false;
        check("cuEventQuery", status);
        return true;
    }

    /** Time between two events that have happened, in milliseconds. */
    float millisBetween(long start, long end) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_FLOAT);
            run("cuEventElapsedTime", () -> (int) eventElapsed.invokeExact(out, start, end));
            return out.get(JAVA_FLOAT, 0);
        }
    }

    /** Loads a compiled module. */
    long loadModule(MemorySegment image) {
        return longOf("cuModuleLoadData", out -> (int) moduleLoad.invokeExact(out, image));
    }

    /** Unloads a module. */
    void unloadModule(long module) {
        run("cuModuleUnload", () -> (int) moduleUnload.invokeExact(module));
    }

    /** A kernel of a module. */
    long function(long module, String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocateFrom(name);
            return longOf("cuModuleGetFunction " + name, out -> (int) moduleFunction.invokeExact(out, module, text));
        }
    }

    /** Lets a kernel take so much dynamic shared memory. */
    void allowSharedMemory(long function, int bytes) {
        run("cuFuncSetAttribute", () -> (int) functionAttribute.invokeExact(function, DYNAMIC_SHARED_BYTES, bytes));
    }

    /** Launches a kernel; {@code parameters} points at pointers to its parameters. */
    void launch(String name, long function, int gridX, int gridY, int gridZ, int threads, int sharedBytes, long stream, MemorySegment parameters) {
        run(name, () -> (int) launch.invokeExact(
                function, gridX, gridY, gridZ, threads, 1, 1, sharedBytes, stream, parameters, MemorySegment.NULL));
    }

    /**
     * Describes a float16 matrix to the tensor memory accelerator: boxes of {@code boxRows} by {@code boxColumns} with the 128-byte swizzle, zero beyond
     * the matrix.
     *
     * @param map     128 bytes, 64-byte aligned, that receive the description
     * @param address device address, 16-byte aligned
     * @param stride  bytes from one row to the next, a multiple of 16
     */
    void encodeTensorMap(MemorySegment map, long address, long rows, long columns, long stride, int boxRows, int boxColumns) {
        int float16 = 6;
        int noInterleave = 0;
        int swizzle128 = 3;
        int promote256 = 3;
        int zeroFill = 0;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment dims = arena.allocateFrom(JAVA_LONG, columns, rows);
            MemorySegment strides = arena.allocateFrom(JAVA_LONG, stride);
            MemorySegment box = arena.allocateFrom(JAVA_INT, boxColumns, boxRows);
            MemorySegment steps = arena.allocateFrom(JAVA_INT, 1, 1);
            run("cuTensorMapEncodeTiled", () -> (int) tensorMap.invokeExact(
                    map, float16, 2, address, dims, strides, box, steps, noInterleave, swizzle128, promote256, zeroFill));
        }
    }

    private static void require(MemorySegment memory, long bytes) {
        // The driver trusts its caller: a segment too short would be memory read or written beyond its end.
        if (memory.byteSize() < bytes) throw new IllegalArgumentException(bytes + " bytes of " + memory.byteSize());
    }

    @FunctionalInterface
    private interface OutCall {
        int invoke(MemorySegment out) throws Throwable;
    }

    @FunctionalInterface
    private interface TextCall {
        int invoke(MemorySegment out, int length) throws Throwable;
    }

    private int intOf(String function, OutCall call) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_INT);
            run(function, () -> call.invoke(out));
            return out.get(JAVA_INT, 0);
        }
    }

    private long longOf(String function, OutCall call) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG);
            run(function, () -> call.invoke(out));
            return out.get(JAVA_LONG, 0);
        }
    }

    private String textOf(String function, TextCall call) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(256);
            run(function, () -> call.invoke(out, 256));
            return out.getString(0);
        }
    }

    private void run(String function, NativeLibrary.StatusCall call) {
        check(function, NativeLibrary.status(function, call));
    }

    private void check(String function, int status) {
        if (status == 0) return;
        String message = function + ": " + describe(status);
        if (status == OUT_OF_MEMORY) throw new DeviceMemoryException(message);
        if (LOST.contains(status)) throw new DeviceLostException(message);
        throw new DeviceException(message);
    }

    private String describe(int status) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(ADDRESS);
            MemorySegment text = arena.allocate(ADDRESS);
            int named = NativeLibrary.status("cuGetErrorName", () -> (int) errorName.invokeExact(status, name));
            int told = NativeLibrary.status("cuGetErrorString", () -> (int) errorString.invokeExact(status, text));
            return named == 0 && told == 0 ? textAt(name) + " (" + status + "), " + textAt(text) : "error " + status;
        }
    }

    private static String textAt(MemorySegment pointer) {
        return pointer.get(ADDRESS, 0).reinterpret(1024).getString(0);
    }
}
