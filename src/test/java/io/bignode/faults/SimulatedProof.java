package io.bignode.faults;

import io.bignode.protocol.Found;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A function that every simulated device computes alike: one nonce in twenty counts, and its distance follows from the nonce. */
final class SimulatedProof {
    /** What sessions of these tests ask for. */
    static final double R_TARGET = 1.4;

    private SimulatedProof() {}

    static boolean counts(long nonce) {
        return mix(nonce) % 20 == 0;
    }

    static double distance(long nonce) {
        return 0.5 + (mix(nonce) >>> 8) % 800_000 / 1e6;
    }

    static List<Found> found(long[] nonces, int computed) {
        List<Found> found = new ArrayList<>();
        for (int i = 0; i < computed; i++) if (counts(nonces[i])) found.add(new Found(nonces[i], String.format(Locale.ROOT, "%.6f", distance(nonces[i]))));
        return found;
    }

    private static long mix(long nonce) {
        long z = nonce * 0x9E3779B97F4A7C15L;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        return (z ^ z >>> 27) >>> 1;
    }
}
