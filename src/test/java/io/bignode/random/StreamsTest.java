package io.bignode.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.fixtures.Golden;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bits against NumPy's. */
class StreamsTest {
    private static final int MILLION = 1_000_000;

    static Stream<JsonNode> streams() {
        return StreamSupport.stream(Golden.read("streams.json").get("streams").spliterator(), false);
    }

    static Stream<JsonNode> permutations() {
        return StreamSupport.stream(Golden.read("streams.json").get("permutations").spliterator(), false);
    }

    static Stream<JsonNode> seedSequences() {
        return StreamSupport.stream(Golden.read("seed-sequence.json").spliterator(), false);
    }

    private static Pcg64 generator(JsonNode row) {
        return new Pcg64(SeedSequence.ofText(row.get("seed").asText(), row.get("hashes").asInt()));
    }

    @ParameterizedTest
    @MethodSource("seedSequences")
    void entropyOfAnyLengthSeedsAsNumPyDoes(JsonNode row) {
        int[] entropy = new int[row.get("entropy").size()];
        for (int i = 0; i < entropy.length; i++) {
            entropy[i] = (int) row.get("entropy").get(i).asLong();
        }
        long[] state = new SeedSequence(entropy).state(4);
        for (int i = 0; i < 4; i++) {
            assertThat(Long.toUnsignedString(state[i])).isEqualTo(row.get("state").get(i).asText());
        }
    }

    @ParameterizedTest
    @MethodSource("streams")
    void rawOutputsAreExact(JsonNode row) {
        Pcg64 generator = generator(row);
        for (JsonNode raw : row.get("raw_u64")) {
            assertThat(Long.toUnsignedString(generator.nextLong())).isEqualTo(raw.asText());
        }
    }

    @ParameterizedTest
    @MethodSource("streams")
    void normalsAreExactAndATailIsWithinOneUnit(JsonNode row) {
        double[] normals = new double[MILLION];
        new Normals(generator(row)).fill(normals);
        for (int i = 0; i < row.get("normals").size(); i++) {
            assertThat(normals[i]).isEqualTo(row.get("normals").get(i).asDouble());
        }
        row.get("tail").properties().forEach(tail -> {
            double expected = tail.getValue().asDouble();
            assertThat(normals[Integer.parseInt(tail.getKey())]).isCloseTo(expected, within(Math.ulp(expected)));
        });
    }

    @ParameterizedTest
    @MethodSource("streams")
    void aMillionNormalsHaveNumPysDigests(JsonNode row) {
        double[] normals = new double[MILLION];
        new Normals(generator(row)).fill(normals);
        ByteBuffer singles = ByteBuffer.allocate(4 * MILLION).order(ByteOrder.LITTLE_ENDIAN);
        for (double value : normals) {
            singles.putFloat((float) value);
        }
        assertThat(Golden.sha256(singles.array())).isEqualTo(row.get("normals_1e6_sha256_f32").asText());

        short[] halves = new short[MILLION];
        new Normals(generator(row)).fillHalf(halves);
        ByteBuffer bytes = ByteBuffer.allocate(2 * MILLION).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asShortBuffer().put(halves);
        assertThat(Golden.sha256(bytes.array())).isEqualTo(row.get("normals_1e6_sha256_f16").asText());
    }

    @ParameterizedTest
    @MethodSource("streams")
    void poolNormalsAreExact(JsonNode row) throws InterruptedException {
        int count = row.get("pool_normals").size();
        short[] drawn = new short[count];
        ParallelNormals.draw(generator(row), count, 0.02, 2, (at, v, from, n) -> System.arraycopy(v, from, drawn, (int) at, n), n -> {});
        for (int i = 0; i < count; i++) {
            assertThat(drawn[i]).isEqualTo(Float.floatToFloat16((float) row.get("pool_normals").get(i).asDouble()));
        }
    }

    @ParameterizedTest
    @MethodSource("permutations")
    void permutationsAreExact(JsonNode row) {
        int[] permutation = Permutation.draw(new Pcg64(SeedSequence.ofText(row.get("seed").asText(), 1)), row.get("size").asInt());
        ByteBuffer bytes = ByteBuffer.allocate(8 * permutation.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int value : permutation) {
            bytes.putLong(value);
        }
        assertThat(Golden.sha256(bytes.array())).isEqualTo(row.get("sha256_i64").asText());
    }

    static Stream<JsonNode> jumps() {
        return StreamSupport.stream(Golden.read("pcg64-jumps.json").spliterator(), false);
    }

    @ParameterizedTest
    @MethodSource("jumps")
    void aJumpLandsWhereNumPysDoes(JsonNode row) {
        Pcg64 generator = new Pcg64(new SeedSequence(1, 2, 3));
        generator.skip(Long.parseUnsignedLong(row.get("outputs").asText()));
        for (JsonNode raw : row.get("raw_u64")) {
            assertThat(Long.toUnsignedString(generator.nextLong())).isEqualTo(raw.asText());
        }
    }

    @Test
    void blocksCarryFromHalfToHalfInManyStreams() {
        for (int seed = 0; seed < 200; seed++) {
            Pcg64 one = new Pcg64(new SeedSequence(seed, ~seed));
            RawBlock block = new RawBlock(one.copy());
            for (int b = 0; b < 3; b++) {
                block.next();
                for (int i = 0; i < RawBlock.SIZE; i++) {
                    assertThat(RawBlock.output(block.states(), i)).as("seed %d, block %d, output %d", seed, b, i).isEqualTo(one.nextLong());
                }
            }
        }
    }

    @Test
    void aStandardNormalOfMinusZeroKeepsItsSignAndAScaledOneLosesIt() {
        short[] halves = {1, 1};
        Halves standard = Halves.standard();
        standard.values[0] = -0.0;
        standard.round(1, halves, 0);
        Halves scaled = Halves.scaled(0.02);
        scaled.values[0] = -0.0;
        scaled.round(1, halves, 1);
        assertThat(halves).containsExactly(0x8000, 0);
    }

    @Test
    void halfOfAnOutputIsKeptForTheNextCall() {
        Pcg64 words = new Pcg64(SeedSequence.ofText("halves", 1));
        Pcg64 halves = words.copy();
        long word = words.nextLong();
        assertThat(halves.nextInt()).isEqualTo((int) word);
        assertThat(halves.nextInt()).isEqualTo((int) (word >>> 32));
    }

    @Test
    void skippingIsSteppingManyTimes() {
        Pcg64 stepped = new Pcg64(SeedSequence.ofText("jump", 4));
        Pcg64 start = stepped.copy();
        for (int steps = 0; steps < 3000; steps++) {
            if (steps % 37 == 0) {
                Pcg64 jumped = start.copy();
                jumped.skip(steps);
                assertThat(jumped.copy().nextLong()).isEqualTo(stepped.copy().nextLong());
            }
            stepped.nextLong();
        }
        Pcg64 there = start.copy();
        there.skip(1L << 62);
        there.skip(-(1L << 62) - 5);
        Pcg64 direct = start.copy();
        direct.skip(-5);
        assertThat(there.nextLong()).isEqualTo(direct.nextLong());
    }

    @Test
    void blocksGiveTheOutputsOneByOne() {
        Pcg64 one = new Pcg64(SeedSequence.ofText("block", 4));
        RawBlock block = new RawBlock(one.copy());
        for (int b = 0; b < 5; b++) {
            block.next();
            for (int i = 0; i < RawBlock.SIZE; i++) {
                assertThat(RawBlock.output(block.states(), i)).isEqualTo(one.nextLong());
            }
        }
    }
}
