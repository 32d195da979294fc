package io.bignode.random;

/** Permutations as NumPy's {@code Generator.permutation} draws them. */
public final class Permutation {
    private Permutation() {}

    /** A permutation of 0 .. size-1. */
    public static int[] draw(Pcg64 generator, int size) {
        int[] permutation = new int[size];
        for (int i = 0; i < size; i++) {
            permutation[i] = i;
        }
        for (int i = size - 1; i > 0; i--) {
            int j = upTo(generator, i);
            int swapped = permutation[i];
            permutation[i] = permutation[j];
            permutation[j] = swapped;
        }
        return permutation;
    }

    /** A value in [0, max], by masked rejection. */
    private static int upTo(Pcg64 generator, int max) {
        int mask = -1 >>> Integer.numberOfLeadingZeros(max);
        while (true) {
            int value = generator.nextInt() & mask;
            if (value <= max) {
                return value;
            }
        }
    }
}
