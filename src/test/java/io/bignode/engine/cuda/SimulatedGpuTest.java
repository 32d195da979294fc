package io.bignode.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.bignode.engine.DeviceException;
import io.bignode.engine.DeviceLostException;
import io.bignode.engine.DeviceMemoryException;
import io.bignode.engine.cuda.Kernel.Grid;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The simulated GPU itself, by kernels written for this test: what the engine's tests prove is worth what the simulator is. Expected values are computed here from
 * NVIDIA's description, not by the simulator's code.
 */
@Timeout(120)
class SimulatedGpuTest {
    private static final long SEED = 20261124;

    private SimulatedGpu machine;
    private CudaDriver driver;
    private Nvrtc compiler;
    private long stream;

    @BeforeEach
    void openTheGpu() {
        machine = SimulatedGpu.with(1, 1L << 30);
        driver = new CudaDriver(library("libcuda.so.1"));
        compiler = new Nvrtc(library("libnvrtc.so.13"));
        driver.setCurrent(driver.retainContext(driver.device(0)));
        stream = driver.createStream();
    }

    @AfterEach
    void resetTheGpu() {
        if (driver != null) driver.resetContext(driver.device(0));
    }

    private NativeLibrary library(String name) {
        NativeLibrary.Places places = NativeLibrary.Places.only(machine.folder());
        return ((NativeLibrary.Lookup.Found) NativeLibrary.find(places, name)).library();
    }

    private static final Map<String, byte[]> COMPILED = new HashMap<>();

    /** A kernel called {@code test}; what follows its name is given, from its parameters on. */
    private Kernel kernel(String rest) {
        String source = "#include \"gpu.cuh\"\n#include \"sm90.cuh\"\nextern \"C\" __global__ void test" + rest;
        byte[] code = COMPILED.computeIfAbsent(source, this::compile);
        try (Arena arena = Arena.ofConfined()) {
            return new Kernel(driver, driver.loadModule(arena.allocateFrom(ValueLayout.JAVA_BYTE, code)), "test");
        }
    }

    private byte[] compile(String source) {
        return compiler.compile(
                "test.cu", source, Map.of("gpu.cuh", resource("gpu.cuh"), "sm90.cuh", resource("sm90.cuh")), List.of("--std=c++17", "--gpu-architecture=sm_90a"));
    }

    private static String resource(String name) {
        try (InputStream in = SimulatedGpuTest.class.getResourceAsStream("/kernels/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException broken) {
            throw new AssertionError(broken);
        }
    }

    private long upload(float... values) {
        return upload(MemorySegment.ofArray(values));
    }

    private long upload(short... values) {
        return upload(MemorySegment.ofArray(values));
    }

    private long upload(MemorySegment values) {
        long address = driver.alloc(values.byteSize());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment outside = arena.allocate(values.byteSize(), 8).copyFrom(values);
            driver.copyToDevice(address, outside, outside.byteSize(), stream);
            driver.synchronize(stream);
        }
        return address;
    }

    private float[] floats(long address, int count) {
        return download(address, 4L * count).toArray(ValueLayout.JAVA_FLOAT);
    }

    private short[] halves(long address, int count) {
        return download(address, 2L * count).toArray(ValueLayout.JAVA_SHORT);
    }

    private MemorySegment download(long address, long bytes) {
        MemorySegment outside = Arena.ofAuto().allocate(bytes, 8);
        driver.copyToHost(outside, address, bytes, stream);
        driver.synchronize(stream);
        return outside;
    }

    private static float[] random(int count) {
        Random random = new Random(SEED + count);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) values[i] = random.nextFloat() - 0.5f;
        return values;
    }

    private static short[] randomHalves(int count, long seed) {
        Random random = new Random(seed);
        short[] values = new short[count];
        for (int i = 0; i < count; i++) values[i] = Float.floatToFloat16(random.nextFloat() - 0.5f);
        return values;
    }

    private static float wide(short half) {
        return Float.float16ToFloat(half);
    }

    @Test
    @Tag("full")
    void everyThreadOfTheGridRunsOnce() {
        int n = 10_007;
        float[] x = random(n);
        float[] y = random(n + 1);
        long out = driver.alloc(4L * n);
        Kernel add = kernel("""
                (const float* x, const float* y, float* out, int n) {
                    const int i = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x * blockDim.x + blockIdx.x * blockDim.x + threadIdx.x;
                    if (i < n) out[i] = x[i] + y[i];
                }""");
        // 50 threads leave the second warp unfinished.
        add.launch(stream, new Grid(11, 5, 4), 50, upload(x), upload(y), out, n);
        float[] sum = floats(out, n);
        for (int i = 0; i < n; i++) assertThat(sum[i]).isEqualTo(x[i] + y[i]);
    }

    @ParameterizedTest
    @Tag("full")
    @ValueSource(ints = {0, 1, 7})
    void aBlockSumsWithShufflesAndBarriers(int order) {
        machine.order(order);
        int blocks = 9;
        float[] x = random(blocks * 256);
        long out = driver.alloc(4L * blocks);
        kernel("""
                (const float* x, float* out) {
                    __shared__ float warps[8];
                    float sum = x[blockIdx.x * 256 + threadIdx.x];
                    for (int apart = 16; apart > 0; apart /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, apart);
                    if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = sum;
                    __syncthreads();
                    if (threadIdx.x < 8) {
                        sum = 0;
                        for (int i = 0; i < 8; i++) sum += warps[i];
                        if (threadIdx.x == 0) out[blockIdx.x] = sum;
                    }
                }""").launch(stream, Grid.of(blocks), 256, upload(x), out);
        float[] sums = floats(out, blocks);
        for (int block = 0; block < blocks; block++) {
            double expected = 0;
            for (int i = 0; i < 256; i++) expected += x[block * 256 + i];
            assertThat((double) sums[block]).isCloseTo(expected, within(1e-4));
        }
    }

    @Test
    @Tag("full")
    void shufflesBringTheValueOfTheLaneTheyName() {
        long out = driver.alloc(4 * 3 * 32);
        kernel("""
                (float* out) {
                    const float own = threadIdx.x;
                    out[threadIdx.x] = __shfl_sync(0xffffffffu, own, 5);
                    out[32 + threadIdx.x] = __shfl_xor_sync(0xffffffffu, own, 3);
                    out[64 + threadIdx.x] = __shfl_down_sync(0xffffffffu, own, 4);
                }""").launch(stream, Grid.of(1), 32, out);
        float[] got = floats(out, 96);
        for (int lane = 0; lane < 32; lane++) {
            assertThat(got[lane]).isEqualTo(5);
            assertThat(got[32 + lane]).isEqualTo(lane ^ 3);
            // A lane that would read beyond the warp keeps its own.
            assertThat(got[64 + lane]).as("down, lane %d", lane).isEqualTo(lane + 4 < 32 ? lane + 4 : lane);
        }
    }

    @Test
    @Tag("full")
    void everyFloat16IsWidenedExactly() {
        short[] all = new short[65536];
        for (int i = 0; i < all.length; i++) all[i] = (short) i;
        long out = driver.alloc(4L * all.length);
        kernel("(const half_bits* x, float* out) { const int i = blockIdx.x * 256 + threadIdx.x; out[i] = widen(x[i]); }")
                .launch(stream, Grid.of(256), 256, upload(all), out);
        float[] wide = floats(out, all.length);
        for (int i = 0; i < all.length; i++) {
            float expected = wide(all[i]);
            if (Float.isNaN(expected)) assertThat(wide[i]).isNaN();
            else assertThat(Float.floatToRawIntBits(wide[i])).as("float16 %04x", i).isEqualTo(Float.floatToRawIntBits(expected));
        }
    }

    @Test
    @Tag("full")
    void everyFloat32IsRoundedToTheNearestFloat16() {
        float[] x = new float[1 << 18];
        Random random = new Random(SEED);
        for (int i = 0; i < x.length; i++) {
            // Any bits; a float16's neighbourhood; exactly between two of them.
            float half = wide((short) random.nextInt(65536));
            x[i] = switch (i % 3) {
                case 0 -> Float.intBitsToFloat(random.nextInt());
                case 1 -> Math.nextUp(half);
                default -> (half + wide(Float.floatToFloat16(Math.nextUp(half * 1.0005f)))) / 2;
            };
        }
        long out = driver.alloc(2L * x.length);
        kernel("(const float* x, half_bits* out) { const int i = blockIdx.x * 256 + threadIdx.x; out[i] = narrow(x[i]); }")
                .launch(stream, Grid.of(x.length / 256), 256, upload(x), out);
        short[] narrow = halves(out, x.length);
        for (int i = 0; i < x.length; i++) {
            if (Float.isNaN(x[i])) assertThat(wide(narrow[i])).isNaN();
            else assertThat(narrow[i]).as("%a", x[i]).isEqualTo(Float.floatToFloat16(x[i]));
        }
    }

    @ParameterizedTest
    @Tag("full")
    @ValueSource(ints = {0, 1, 7})
    void fragmentsOfAProductLieAsThePtxIsaSays(int order) {
        machine.order(order);
        short[] a = randomHalves(16 * 16, SEED);
        short[] b = randomHalves(16 * 8, SEED + 1);
        long out = driver.alloc(4 * 16 * 8);
        kernel("""
                (const half_bits* a, const half_bits* b, float* out) {
                    const int group = threadIdx.x / 4, member = threadIdx.x % 4;
                    const auto pair = [](half_bits first, half_bits second) { return (unsigned)first | (unsigned)second << 16; };
                    unsigned fa[4], fb[2];
                    for (int i = 0; i < 4; i++) {
                        const int at = (group + i % 2 * 8) * 16 + 2 * member + i / 2 * 8;
                        fa[i] = pair(a[at], a[at + 1]);
                    }
                    for (int i = 0; i < 2; i++) {
                        const int row = 2 * member + 8 * i;
                        fb[i] = pair(b[row * 8 + group], b[(row + 1) * 8 + group]);
                    }
                    float d[4] = {1, 1, 1, 1};
                    mma_16x8x16(d, fa, fb);
                    for (int i = 0; i < 4; i++) out[(group + i / 2 * 8) * 8 + 2 * member + i % 2] = d[i];
                }""").launch(stream, Grid.of(1), 32, upload(a), upload(b), out);
        float[] d = floats(out, 16 * 8);
        for (int row = 0; row < 16; row++) {
            for (int column = 0; column < 8; column++) {
                double expected = 1;
                for (int k = 0; k < 16; k++) expected += wide(a[row * 16 + k]) * wide(b[k * 8 + column]);
                assertThat((double) d[row * 8 + column]).as("(%d, %d)", row, column).isCloseTo(expected, within(1e-5));
            }
        }
    }

    @ParameterizedTest
    @Tag("full")
    @CsvSource({"0, 0", "64, 8", "32, 120", "-64, -8"})
    void aBoxIsSwizzledAndZeroBeyondTheMatrix(int column, int row) {
        int rows = 124;
        int columns = 88;
        short[] matrix = randomHalves(rows * columns, SEED);
        long out = driver.alloc(16 * 128);
        Kernel load = kernel("""
                (const __grid_constant__ TensorMap map, unsigned char* out, int column, int row) {
                    DYNAMIC_SHARED(dynamic);
                    unsigned char* box = dynamic + (1024 - shared_address(dynamic) % 1024) % 1024;
                    Barrier* barrier = (Barrier*)(box + 16 * 128);
                    if (threadIdx.x == 0) {
                        barrier_init(barrier, 1);
                        barrier_init_fence();
                        barrier_expect(barrier, 16 * 128);
                        load_box(box, &map, barrier, column, row);
                    }
                    __syncthreads();
                    barrier_wait(barrier, 0);
                    for (int i = threadIdx.x; i < 16 * 128; i += 64) out[i] = box[i];
                }""");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment map = arena.allocate(128, 64);
            driver.encodeTensorMap(map, upload(matrix), rows, columns, 2L * columns, 16, 64);
            load.launch(stream, Grid.of(1), 64, 16 * 1024, new Object[] {map, out, column, row});
            driver.synchronize(stream);
        }
        short[] box = halves(out, 16 * 64);
        for (int r = 0; r < 16; r++) {
            for (int c = 0; c < 64; c++) {
                // Eight values move together; which eight of a row, is exchanged by the row's last three bits.
                short got = box[r * 64 + ((c / 8) ^ (r % 8)) * 8 + c % 8];
                boolean within = row + r >= 0 && row + r < rows && column + c >= 0 && column + c < columns;
                assertThat(got).as("(%d, %d)", r, c).isEqualTo(within ? matrix[(row + r) * columns + column + c] : 0);
            }
        }
    }

    @ParameterizedTest
    @Tag("full")
    @ValueSource(ints = {0, 1, 7})
    void aWarpgroupsProductLiesAsThePtxIsaSays(int order) {
        machine.order(order);
        short[] a = randomHalves(64 * 64, SEED);
        short[] b = randomHalves(256 * 64, SEED + 1);
        long out = driver.alloc(4 * 64 * 256);
        Kernel multiply = kernel("""
                (const half_bits* a, const half_bits* b, float* out) {
                    DYNAMIC_SHARED(dynamic);
                    unsigned char* left = dynamic + (1024 - shared_address(dynamic) % 1024) % 1024;
                    unsigned char* right = left + 64 * 128;
                    const auto place = [](int row, int column) { return row * 128 + ((column / 8) ^ (row % 8)) * 16 + column % 8 * 2; };
                    for (int i = threadIdx.x; i < 64 * 64; i += 128) *(half_bits*)(left + place(i / 64, i % 64)) = a[i];
                    for (int i = threadIdx.x; i < 256 * 64; i += 128) *(half_bits*)(right + place(i / 64, i % 64)) = b[i];
                    __syncthreads();
                    float d[128];
                    products_begin();
                    for (int k = 0; k < 4; k++) product_64x256x16(d, matrix_in_shared(left + 32 * k), matrix_in_shared(right + 32 * k), k > 0);
                    products_end();
                    products_wait<0>();
                    const int row = threadIdx.x / 32 * 16 + threadIdx.x % 32 / 4;
                    for (int i = 0; i < 128; i++) out[(row + i % 4 / 2 * 8) * 256 + i / 4 * 8 + threadIdx.x % 4 * 2 + i % 2] = d[i];
                }""");
        multiply.allowSharedMemory(64 * 1024);
        multiply.launch(stream, Grid.of(1), 128, 64 * 1024, new Object[] {upload(a), upload(b), out});
        float[] d = floats(out, 64 * 256);
        for (int row = 0; row < 64; row++) {
            for (int column = 0; column < 256; column++) {
                double expected = 0;
                for (int k = 0; k < 64; k++) expected += wide(a[row * 64 + k]) * wide(b[column * 64 + k]);
                assertThat((double) d[row * 256 + column]).as("(%d, %d)", row, column).isCloseTo(expected, within(1e-5));
            }
        }
    }

    @Test
    void freshMemoryIsNotANumber() {
        assertThat(floats(driver.alloc(4000), 1000)).containsOnly(Float.NaN);
    }

    @Test
    @Tag("full")
    void threadsThatHaveEndedAreNotWaitedFor() {
        long out = driver.alloc(4);
        kernel("""
                (float* out) {
                    if (threadIdx.x >= 40) return;
                    __syncthreads();
                    if (threadIdx.x == 0) *out = 3;
                }""").launch(stream, Grid.of(1), 64, out);
        assertThat(floats(out, 1)).containsExactly(3);
    }

    @Test
    @Tag("full")
    void aBarrierThatNotAllThreadsReachIsAnErrorAndNotAWaitForEver() {
        kernel("(float* out) { if (threadIdx.x < 40) __syncthreads(); else __syncwarp(); }").launch(stream, Grid.of(1), 64, driver.alloc(4));
        assertThatThrownBy(() -> driver.synchronize(stream)).isInstanceOf(DeviceLostException.class).hasMessageContaining("LAUNCH_TIMEOUT");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 100, 100_000, -1, -100_000})
    void aWriteBeyondAnAllocationBreaksTheContext(int beyond) {
        int n = 100;
        long x = driver.alloc(4L * n);
        Kernel write = kernel("(float* x, int at) { x[at] = 1; }");
        write.launch(stream, Grid.of(1), 1, x, n - 1);
        driver.synchronize(stream);
        write.launch(stream, Grid.of(1), 1, x, beyond > 0 ? n - 1 + beyond : beyond);
        assertThatThrownBy(() -> driver.synchronize(stream)).isInstanceOf(DeviceLostException.class).hasMessageContaining("ILLEGAL_ADDRESS");
        assertThatThrownBy(() -> driver.alloc(4)).isInstanceOf(DeviceLostException.class);
        driver.resetContext(driver.device(0));
        stream = driver.createStream();
        assertThat(floats(upload(7f), 1)).containsExactly(7);
    }

    @Test
    @Tag("full")
    void aReadOfFreedMemoryBreaksTheContext() {
        long x = upload(1f);
        long out = driver.alloc(4);
        driver.free(x);
        kernel("(const float* x, float* out) { *out = *x; }").launch(stream, Grid.of(1), 1, x, out);
        assertThatThrownBy(() -> driver.synchronize(stream)).isInstanceOf(DeviceLostException.class).hasMessageContaining("ILLEGAL_ADDRESS");
    }

    @Test
    void aCopyBeyondAnAllocationIsRefused() {
        long x = driver.alloc(400);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment outside = arena.allocate(800);
            assertThatThrownBy(() -> driver.copyToDevice(x, outside, 404, stream)).isInstanceOf(DeviceException.class).hasMessageContaining("INVALID_VALUE");
            assertThatThrownBy(() -> driver.copyToHost(outside, x + 4, 400, stream)).isInstanceOf(DeviceException.class).hasMessageContaining("INVALID_VALUE");
            assertThatThrownBy(() -> driver.fill(x - 1, (byte) 0, 1, stream)).isInstanceOf(DeviceException.class).hasMessageContaining("INVALID_VALUE");
        }
    }

    @Test
    @Tag("full")
    void launchesADeviceWouldRefuseAreRefused() {
        long out = driver.alloc(4);
        Kernel kernel = kernel("(float* out) { DYNAMIC_SHARED(dynamic); dynamic[0] = 1; *out = dynamic[0]; }");
        for (Grid grid : List.of(new Grid(0, 1, 1), new Grid(1, 65536, 1), new Grid(1, 1, 65536))) {
            assertThatThrownBy(() -> kernel.launch(stream, grid, 32, out)).hasMessageContaining("INVALID_VALUE");
        }
        assertThatThrownBy(() -> kernel.launch(stream, Grid.of(1), 0, out)).hasMessageContaining("INVALID_VALUE");
        assertThatThrownBy(() -> kernel.launch(stream, Grid.of(1), 1025, out)).hasMessageContaining("INVALID_VALUE");
        assertThatThrownBy(() -> kernel.launch(stream, Grid.of(1), 32, 48 * 1024 + 1, new Object[] {out})).hasMessageContaining("INVALID_VALUE");
        assertThatThrownBy(() -> kernel.allowSharedMemory(227 * 1024 + 1)).hasMessageContaining("INVALID_VALUE");
        kernel.allowSharedMemory(227 * 1024);
        kernel.launch(stream, Grid.of(1), 32, 227 * 1024, new Object[] {out});
        assertThat(floats(out, 1)).containsExactly(1);
    }

    @Test
    @Tag("full")
    void aMissingBarrierShowsInSomeOrderOfTheThreads() {
        String sum = """
                (const float* x, float* out) {
                    __shared__ float values[64];
                    values[threadIdx.x] = x[threadIdx.x];
                    %s
                    if (threadIdx.x == %d) {
                        *out = 0;
                        for (int i = 0; i < 64; i++) *out += values[i];
                    }
                }""";
        float[] ones = new float[64];
        Arrays.fill(ones, 1);
        long x = upload(ones);
        long out = driver.alloc(4);
        for (int reader : new int[] {0, 63}) {
            for (int order : new int[] {0, 1, 2}) {
                machine.order(order);
                kernel(sum.formatted("__syncthreads();", reader)).launch(stream, Grid.of(1), 64, x, out);
                assertThat(floats(out, 1)).containsExactly(64);
            }
            // Whoever reads first reads what nobody has written.
            machine.order(reader == 0 ? 0 : 1);
            kernel(sum.formatted("", reader)).launch(stream, Grid.of(1), 64, x, out);
            assertThat(floats(out, 1)).containsExactly(Float.NaN);
        }
    }

    @Test
    @Tag("full")
    void aStreamWaitsForAnotherOnlyWhereItIsTold() {
        long other = driver.createStream();
        long x = upload(1f);
        long event = driver.createEvent();
        long waited = driver.createEvent();
        long unwaited = driver.createEvent();
        Kernel write = kernel("(float* x) { *x = 2; }");
        machine.hang(0, 0);
        write.launch(stream, Grid.of(1), 1, x);
        driver.record(event, stream);
        // The other stream goes on while the first one hangs, up to where it waits.
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment outside = arena.allocate(4, 4);
            driver.copyToHost(outside, x, 4, other);
            driver.synchronize(other);
            assertThat(outside.get(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(1);
        }
        driver.record(unwaited, other);
        driver.waitFor(other, event);
        driver.record(waited, other);
        GpuWait.spin(driver, unwaited);
        assertThat(driver.happened(event)).isFalse();
        assertThat(driver.happened(waited)).isFalse();
    }

    @Test
    @Tag("full")
    void whatWaitsSeesWhatItWaitedFor() {
        long other = driver.createStream();
        long x = upload(0f);
        long forth = driver.createEvent();
        long back = driver.createEvent();
        Kernel increment = kernel("(float* x) { *x += 1; }");
        int rounds = 100;
        for (int round = 0; round < rounds; round++) {
            increment.launch(stream, Grid.of(1), 1, x);
            driver.record(forth, stream);
            driver.waitFor(other, forth);
            increment.launch(other, Grid.of(1), 1, x);
            driver.record(back, other);
            driver.waitFor(stream, back);
        }
        assertThat(floats(x, 1)).containsExactly(2f * rounds);
    }

    @Test
    void theCallThatWasOrderedToFailFails() {
        machine.fail(0, "cuMemAlloc", 2, SimulatedGpu.OUT_OF_MEMORY, false);
        driver.alloc(4);
        driver.alloc(4);
        assertThatThrownBy(() -> driver.alloc(4)).isInstanceOf(DeviceMemoryException.class);
        driver.alloc(4);
        machine.fail(0, "cuEventCreate", 0, SimulatedGpu.ILLEGAL_ADDRESS, true);
        assertThatThrownBy(() -> driver.createEvent()).isInstanceOf(DeviceLostException.class);
        assertThatThrownBy(() -> driver.alloc(4)).isInstanceOf(DeviceLostException.class);
        driver.resetContext(driver.device(0));
        driver.alloc(4);
    }

    @Test
    void memoryEndsAndIsCounted() {
        assertThat(machine.allocated(0)).isZero();
        long first = driver.alloc(600L << 20);
        assertThat(driver.freeMemory()).isEqualTo(424L << 20);
        assertThatThrownBy(() -> driver.alloc(600L << 20)).isInstanceOf(DeviceMemoryException.class);
        driver.free(first);
        assertThat(machine.allocated(0)).isZero();
    }

    @Test
    void aKernelThatDoesNotCompileIsToldWithItsLine() {
        assertThatThrownBy(() -> kernel("(float* out) {\n    *out = undeclared; }"))
                .isInstanceOf(DeviceException.class).hasMessageContaining("test.cu:4").hasMessageContaining("undeclared");
    }
}
