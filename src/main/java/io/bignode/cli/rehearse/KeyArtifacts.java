package io.bignode.cli.rehearse;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The artifacts that came for one key, each nonce once.
 *
 * @param publicKey the key
 * @param nodeId    the number of its ML node
 * @param nodeCount from one nonce to the next
 * @param arrivals  what came, by nonce
 */
record KeyArtifacts(String publicKey, long nodeId, long nodeCount, List<Arrival> arrivals) {
    /**
     * An artifact.
     *
     * @param nonce   its nonce
     * @param vector  its vector, as it was posted
     * @param seconds from the start to its arrival
     */
    record Arrival(long nonce, String vector, double seconds) {}

    /** Takes artifacts in any order. */
    KeyArtifacts {
        arrivals = arrivals.stream().sorted(Comparator.comparingLong(Arrival::nonce)).toList();
    }

    long count() {
        return arrivals.size();
    }

    /** How many came before this second. */
    long before(double seconds) {
        return arrivals.stream().filter(one -> one.seconds() < seconds).count();
    }

    /** When the first came. */
    Optional<Double> first() {
        return arrivals.stream().map(Arrival::seconds).min(Double::compare);
    }

    long largest() {
        return arrivals.isEmpty() ? 0 : arrivals.getLast().nonce();
    }

    private long index(Arrival arrival) {
        return (arrival.nonce() - nodeId) / nodeCount;
    }

    /** Nonces up to the largest, those that did not come included, to each one that came. */
    double sparseness() {
        return arrivals.isEmpty() ? 0 : (index(arrivals.getLast()) + 1.0) / count();
    }

    /** Nonces that never came, though a larger one had come before this second. */
    long lost(double seconds) {
        long lost = 0;
        double larger = Double.POSITIVE_INFINITY;
        for (int i = arrivals.size() - 1; i >= 0; i--) {
            larger = Math.min(larger, arrivals.get(i).seconds());
            long missing = index(arrivals.get(i)) - (i == 0 ? 0 : index(arrivals.get(i - 1)) + 1);
            if (larger < seconds) lost += missing;
        }
        return lost;
    }

    /** For how many seconds the nonce that lagged most was behind larger ones, of those that came. */
    double lag() {
        double lag = 0;
        double larger = Double.POSITIVE_INFINITY;
        for (Arrival arrival : arrivals.reversed()) {
            lag = Math.max(lag, arrival.seconds() - larger);
            larger = Math.min(larger, arrival.seconds());
        }
        return lag;
    }

    /** Artifacts from all over what came, so many at most. */
    List<Arrival> sample(int max) {
        int size = Math.min(max, arrivals.size());
        return IntStream.range(0, size).mapToObj(i -> arrivals.get((int) ((long) i * arrivals.size() / size))).toList();
    }
}
