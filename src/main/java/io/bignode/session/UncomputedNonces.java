package io.bignode.session;

import io.bignode.protocol.NonceRange;
import io.bignode.protocol.NonceSequence;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * The nonces of an order that came to nothing on a device. Another device tries each once more; what comes to nothing there as well cannot be computed, and is
 * not tried again. Guarded by its {@linkplain NonceLedger ledger's} monitor.
 */
final class UncomputedNonces {
    /** An order in which so many wait for another device has another trouble than single nonces; beyond it they count as tried. */
    private static final int MAX = 10_000;

    private final long lineage;
    private final NonceSequence nonces;

    /** Which device tried an index that waits for another one. */
    private final NavigableMap<Long, String> triedBy = new TreeMap<>();

    /** As the store has them. */
    UncomputedNonces(long lineage, NonceSequence nonces, Map<Long, String> stored) {
        this.lineage = lineage;
        this.nonces = nonces;
        triedBy.putAll(stored);
    }

    /**
     * A device did a range, and some of its nonces came to nothing.
     *
     * @param changes what is to be stored is added here
     * @return the indices that another device is to try
     */
    List<Long> done(String deviceId, NonceRange range, List<Long> uncomputed, List<Change> changes) {
        if (triedBy.isEmpty() && uncomputed.isEmpty()) return List.of();
        List<Long> again = new ArrayList<>(uncomputed.stream().map(nonce -> nonces.index(nonce).orElseThrow()).toList());
        Map<Long, String> before = triedBy.subMap(range.first(), range.end());
        again.removeIf(before::containsKey);
        // Whatever another device made of these, nobody tries them again.
        before.keySet().forEach(index -> changes.add(new Change.NonceSettled(lineage, index)));
        before.clear();
        while (again.size() > Math.max(0, MAX - triedBy.size())) again.removeLast();
        for (long index : again) {
            triedBy.put(index, deviceId);
            changes.add(new Change.NonceTried(lineage, index, deviceId));
        }
        return again;
    }

    /** The indices that a device tried in vain. */
    Set<Long> of(String deviceId) {
        if (triedBy.isEmpty()) return Set.of();
        Set<Long> own = new HashSet<>();
        triedBy.forEach((index, device) -> {
            if (device.equals(deviceId)) own.add(index);
        });
        return own;
    }
}
