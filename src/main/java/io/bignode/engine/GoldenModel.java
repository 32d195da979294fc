package io.bignode.engine;

import io.bignode.poc.HostMemory;
import io.bignode.poc.ModelParams;
import io.bignode.poc.NonceInputs;
import io.bignode.poc.WeightPool;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** The golden model {@code tiny} and its first nonces' distances, as the function's executable statement computes them: what any device has to find as well. */
public final class GoldenModel {
    /** Its shape. */
    public static final ModelParams PARAMS = new ModelParams(64, 2, 4, 4, 512, 1.3, 64, 1e-5, 10_000, false, 8);

    private static final String BLOCK_HASH = "9F2C6A1B7E3D50488C11D2A94B0E77F3C5A8D6E1902B3F4455667788AABBCCDD";
    private static final String PUBLIC_KEY = "02a1633cafcc01ebfb6d78e39f687a1f0995c62fc95f51ead10a02ee0be551b5dc";
    private static final List<Long> NONCES = List.of(0L, 1L, 2L, 3L);
    private static final double[] DISTANCES = {1.4543112958293183, 1.4001819577169383, 1.4464759878225897, 1.442440003866509};

    /** Some ten times what sums in another order make of it. */
    private static final double MAX_DEVIATION = 1e-6;

    private GoldenModel() {}

    /** How many nonces are computed. */
    public static int nonces() {
        return NONCES.size();
    }

    /**
     * Computes it.
     *
     * @param open opens it with its weights
     * @return what deviates, a sentence each
     */
    public static List<String> deviations(Function<WeightPool, Model> open) {
        List<String> deviations = new ArrayList<>();
        try (WeightPool pool = WeightPool.generate(BLOCK_HASH, PARAMS.poolSize(), 2, HostMemory.PLAIN, _ -> {});
                Model model = open.apply(pool);
                NonceInputs inputs = model.newInputs()) {
            inputs.draw(BLOCK_HASH, PUBLIC_KEY, NONCES);
            double[] distances = model.distances(inputs, () -> false).distances();
            for (int i = 0; i < DISTANCES.length; i++) {
                if (Math.abs(distances[i] - DISTANCES[i]) <= MAX_DEVIATION) continue;
                deviations.add(String.format(Locale.ROOT, "the golden model's distance %d: it is %.9f and should be %.9f", i, distances[i], DISTANCES[i]));
            }
            return deviations;
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new DeviceException("interrupted while the device was tested", stop);
        } catch (CancelledException impossible) {
            throw new IllegalStateException("nobody cancels a test", impossible);
        }
    }
}
