package io.bignode.random;

/** Standard normals of a stream, drawn one after the other. Not safe for use by several threads. */
public final class Normals {
    private final Ziggurat ziggurat;

    /**
     * The normals a generator gives from where it stands.
     *
     * @param generator left at an unspecified place: draw nothing else from it
     */
    public Normals(Pcg64 generator) {
        this.ziggurat = new Ziggurat(generator, 0);
    }

    /** Fills an array. */
    public void fill(double[] out) {
        ziggurat.draw(out, 0, out.length, Long.MAX_VALUE);
    }

    /** Fills an array with float16 values, rounded through float32. */
    public void fillHalf(short[] out) {
        Halves halves = Halves.standard();
        for (int at = 0; at < out.length; at += Halves.CAPACITY) {
            int count = Math.min(Halves.CAPACITY, out.length - at);
            halves.round(ziggurat.draw(halves.values, 0, count, Long.MAX_VALUE), out, at);
        }
    }
}
