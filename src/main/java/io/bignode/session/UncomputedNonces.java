package io.bignode.session;

import io.bignode.protocol.NonceSequence;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The nonces of a session that came to nothing on a device. Another device tries each once more; what comes to nothing there as well cannot be computed, and is
 * not tried again. Guarded by its session's lock.
 */
final class UncomputedNonces {
    /** A session in which so many wait for another device has another trouble than single nonces; beyond it they count as tried. */
    private static final int MAX = 10_000;

    private final NonceSequence nonces;
    private final Map<Long, String> triedBy = new HashMap<>();

    UncomputedNonces(NonceSequence nonces) {
        this.nonces = nonces;
    }

    /** The indices that another device is to try, of the nonces that came to nothing on this one. */
    List<Long> again(String deviceId, List<Long> uncomputed) {
        return uncomputed.stream().map(nonce -> nonces.index(nonce).orElseThrow()).filter(index -> isFirst(deviceId, index)).toList();
    }

    private boolean isFirst(String deviceId, long index) {
        if (triedBy.remove(index) == null && triedBy.size() < MAX) {
            triedBy.put(index, deviceId);
            return true;
        }
        return false;
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
