package io.bignode.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The engine's test of a GPU: kernels as they are pass it, and each of some planted mistakes is noticed by the check of its kernel alone. */
@Timeout(300)
class SelfTestTest {
    @TempDir
    Path folder;

    private static NativeLibrary library(SimulatedGpu machine, String name) {
        return ((NativeLibrary.Lookup.Found) NativeLibrary.find(NativeLibrary.Places.only(machine.folder()), name)).library();
    }

    private static List<String> onAGpu(Function<Nvrtc, KernelCache> kernels, Function<Gpu, List<String>> test) {
        return onAGpu(SimulatedGpu.with(1, 1L << 30), kernels, test);
    }

    private static List<String> onAGpu(SimulatedGpu machine, Function<Nvrtc, KernelCache> kernels, Function<Gpu, List<String>> test) {
        CudaLibraries libraries =
                new CudaLibraries(
                        new CudaDriver(library(machine, "libcuda.so.1")), new Nvrtc(library(machine, "libnvrtc.so.13")), library(machine, "libcublasLt.so.13"),
                        "simulated");
        try (Gpu gpu = new Gpu(libraries, kernels.apply(libraries.nvrtc()), 0, Long.MAX_VALUE)) {
            gpu.enter();
            long before = machine.allocated(0);
            List<String> deviations = test.apply(gpu);
            assertThat(machine.allocated(0)).isEqualTo(before);
            return deviations;
        }
    }

    @Test
    void aGpuThatComputesAsItShouldPasses() {
        long begin = System.nanoTime();
        assertThat(onAGpu(nvrtc -> new KernelCache(nvrtc, SimulatedGpu.kernels()), gpu -> SelfTest.run(gpu, true))).isEmpty();
        System.out.printf("self test on the simulated GPU: %.2f s%n", (System.nanoTime() - begin) * 1e-9);
    }

    /** The kernels divide scores by their remainder: for every float16 and every root of a head's width that is the division, but for the sign of zero. */
    @Test
    void scoresAreDividedAsADivisionDivides() {
        for (int headDim = 2; headDim <= 128; headDim += 2) {
            float root = (float) Math.sqrt(headDim);
            float inverse = 1 / root;
            for (int bits = 0; bits < 1 << 16; bits++) {
                float score = Float.float16ToFloat((short) bits);
                if (!Float.isFinite(score)) continue;
                float near = score * inverse;
                float quotient = Math.fma(Math.fma(-near, root, score), inverse, near);
                if (KernelReference.half(quotient) != KernelReference.half(score / root)) {
                    throw new AssertionError(score + " / sqrt(" + headDim + ") is " + score / root + ", by the remainder " + quotient);
                }
            }
        }
    }

    @Test
    @Tag("full")
    void attentionIsRightForSequencesThatEndAnywhere() {
        onAGpu(nvrtc -> new KernelCache(nvrtc, SimulatedGpu.kernels()), gpu -> {
            KernelChecks checks = new KernelChecks(gpu, 3);
            for (int headDim : new int[] {2, 12, 28, 32}) {
                for (int positions : new int[] {1, 7, 17, 65, 255, 256}) {
                    checks.attention(headDim, positions, positions);
                    checks.attention(headDim, positions, Math.min(3, positions));
                }
            }
            assertThat(checks.deviations()).isEmpty();
            return checks.deviations();
        });
    }

    /**
     * The bound of attention is above what sums in another order do to it, and at which shape they come close: tensor cores add products with fewer bits than float64,
     * by some millionths of the sum.
     */
    @Test
    @Tag("full")
    void attentionsBoundIsAboveWhatSumsInAnotherOrderDo() {
        double worst = 0;
        for (int[] shape : new int[][] {{28, 150, 1}, {28, 150, 150}, {28, 256, 256}, {32, 150, 150}, {64, 150, 150}, {128, 150, 150}, {28, 600, 70}}) {
            double off = 0;
            for (int seed = 0; seed < 20; seed++) off = Math.max(off, attentionOffBySums(shape[0], shape[1], shape[2], seed));
            System.out.printf("attention of heads of %d, %d queries of %d positions: sums off by 4e-6 move it by %.2g%n", shape[0], shape[2], shape[1], off);
            worst = Math.max(worst, off);
        }
        assertThat(worst).isLessThan(KernelChecks.ATTENTION);
    }

    private static double attentionOffBySums(int headDim, int positions, int queries, int seed) {
        Random random = new Random(seed);
        Attention.Sizes sizes = new Attention.Sizes(1, queries, positions, 2, 1);
        float[] query = normals(random, queries * 2 * headDim, 1.5);
        float[] key = normals(random, positions * headDim, 1.5);
        float[] value = normals(random, positions * headDim, 1);
        float[] rotary = new float[positions * headDim];
        for (int i = 0; i < rotary.length; i += 2) rotary[i] = 1;
        float[] exact = KernelReference.attention(sizes, headDim, query, key, value, rotary);
        float[] off = KernelReference.attention(sizes, headDim, query, key, value, rotary, sum -> sum * (1 + 4e-6 * (2 * random.nextDouble() - 1)));
        double most = 0;
        for (int i = 0; i < exact.length; i++) most = Math.max(most, Math.abs(exact[i] - off[i]));
        return most;
    }

    private static float[] normals(Random random, int count, double deviation) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) values[i] = KernelReference.half(deviation * random.nextGaussian());
        return values;
    }

    /** What a real GPU has to do: how long that takes there is reckoned from these counts, as the simulator computes a thousand times slower. */
    @Test
    void theSelfTestIsShort() {
        SimulatedGpu machine = SimulatedGpu.with(1, 1L << 30);
        onAGpu(machine, nvrtc -> new KernelCache(nvrtc, SimulatedGpu.kernels()), gpu -> {
            long launches = machine.launched(0);
            long allocations = machine.calls(0, "cuMemAlloc");
            long in = machine.calls(0, "cuMemcpyHtoDAsync");
            long out = machine.calls(0, "cuMemcpyDtoHAsync");
            long modules = machine.calls(0, "cuModuleLoadData");
            long products = machine.calls(0, "product");
            List<String> deviations = SelfTest.run(gpu, true);
            launches = machine.launched(0) - launches;
            allocations = machine.calls(0, "cuMemAlloc") - allocations;
            in = machine.calls(0, "cuMemcpyHtoDAsync") - in;
            out = machine.calls(0, "cuMemcpyDtoHAsync") - out;
            modules = machine.calls(0, "cuModuleLoadData") - modules;
            products = machine.calls(0, "product") - products;
            System.out.printf("self test: %d launches, %d products, %d allocations, %d copies in, %d out, %d modules%n", launches, products, allocations, in, out, modules);
            assertThat(launches).isLessThan(100);
            assertThat(products).isLessThan(40);
            assertThat(allocations).isLessThan(250);
            assertThat(in + out).isLessThan(200);
            assertThat(modules).isLessThan(16);
            return deviations;
        });
    }

    private static Arguments planted(String what, String file, String was, String becomes, Consumer<KernelChecks> check) {
        return Arguments.of(what, file, was, becomes, check);
    }

    static Stream<Arguments> mistakes() {
        Consumer<KernelChecks> attention = checks -> checks.attention(28, 300, 150);
        Consumer<KernelChecks> shortAttention = checks -> checks.attention(28, 150, 150);
        Consumer<KernelChecks> norm = checks -> checks.norm(150, 72);
        Consumer<KernelChecks> swiglu = checks -> checks.swiglu(3, 72);
        return Stream.of(
                planted("a query sees one key too many", "attention.cu", "i % 2 <= position[row];", "i % 2 <= position[row] + 1;", attention),
                planted("the sum is over one key too few", "attention.cu", "i % 2 > position[row])", "i % 2 >= position[row])", attention),
                planted("pairs turn the other way", "attention.cu", "real * turn.cosine - imaginary * turn.sine", "real * turn.cosine + imaginary * turn.sine",
                        attention),
                planted("queries turn by their index instead of their position", "attention.cu", "queries, rotary, earlier);", "queries, rotary, 0);",
                        checks -> checks.attention(28, 300, 1)),
                planted("scores are not divided", "attention.cu", "rounded(quotient(rounded(s[i]), root, inverse_root))", "rounded(s[i])", attention),
                planted("probabilities are not normalised", "attention.cu", "quotient(expf(s[i] - maximum[row]), sum[row], inverse_sum[row])",
                        "expf(s[i] - maximum[row])", attention),
                planted("the last tile of keys is left out", "attention.cu", "min(positions, earlier + first + TILE)",
                        "min(positions, earlier + first + TILE) / TILE * TILE", attention),
                planted("a query of a short sequence sees one key too many", "attention_short.cu", "left < 0 ? UNSEEN : left == 0 ?",
                        "left < -1 ? UNSEEN : left == -1 ?", shortAttention),
                planted("its pairs turn the other way", "attention_short.cu",
                        "real * turn.cosine - imaginary * turn.sine", "real * turn.cosine + imaginary * turn.sine", shortAttention),
                planted("its scores are not divided", "attention_short.cu", "quotient(widen(low(sum)), root, inverse_root)", "widen(low(sum))", shortAttention),
                planted("its sum leaves half of the lanes out", "attention_short.cu", "sum[r] += __shfl_xor_sync(0xffffffffu, sum[r], 2);", "", shortAttention),
                planted("its values lie in the other half", "attention_short.cu", "16 * half + lane / 16 * 8", "16 * (1 - half) + lane / 16 * 8",
                        shortAttention),
                planted("the mean is a sum", "norm.cu", "/ dim + eps", "+ eps", norm),
                planted("the root lacks its epsilon's sign", "norm.cu", "/ dim + eps", "/ dim - 0.01f", norm),
                planted("the weight is left out", "norm.cu", "* inverse) * widen(weight)", "* inverse)", norm),
                planted("the gate is the up", "swiglu.cu", "gated(g.pair[k], u.pair[k])", "gated(u.pair[k], g.pair[k])", swiglu),
                planted("the gate is left out", "swiglu.cu", "gated(g.pair[k], u.pair[k])", "u.pair[k]", swiglu),
                planted("a slice of odd start is off by one", "weights.cu", "w[k] >> 16 | w[k + 1] << 16", "w[k]", KernelChecks::cut),
                planted("logits are not permuted", "distances.cu", "own[order[i]]", "own[i]", checks -> checks.distances(3, 516)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("mistakes")
    @Tag("full")
    void aPlantedMistakeIsNoticed(String what, String file, String was, String becomes, Consumer<KernelChecks> check) {
        List<String> deviations = onAGpu(
                nvrtc -> new KernelCache(nvrtc, SimulatedGpu.kernels(), name -> {
                    String text = KernelCache.source(name);
                    if (!name.equals(file)) return text;
                    assertThat(text).contains(was);
                    return text.replace(was, becomes);
                }),
                gpu -> {
                    KernelChecks checks = new KernelChecks(gpu, 7);
                    check.accept(checks);
                    return checks.deviations();
                });
        System.out.println(what + ": " + deviations);
        assertThat(deviations).isNotEmpty();
    }

    /** Bounds that main-net needs would let it pass: the golden model's distances are off by 5e-6 only. */
    @Test
    @Tag("full")
    void aGpuWithAWrongMaskFails() {
        assertThat(onAGpu(
                nvrtc -> new KernelCache(nvrtc, SimulatedGpu.kernels(), name -> KernelCache.source(name)
                        .replace("left < 0 ? UNSEEN : left == 0 ?", "left < -1 ? UNSEEN : left == -1 ?")),
                gpu -> SelfTest.run(gpu, true))).anySatisfy(line -> assertThat(line).contains("attention"));
    }
}
