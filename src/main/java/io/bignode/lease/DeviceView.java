package io.bignode.lease;

import io.bignode.monitor.RecentRate;
import io.bignode.monitor.Work;
import io.bignode.protocol.DeviceHealth;
import io.bignode.protocol.DeviceOffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A device, as people and monitors see it.
 *
 * @param offer       what its worker told of it
 * @param state       what it does
 * @param sessionIds  whose leases it has, each once
 * @param leases      how many it has
 * @param life        all it did since this head started
 * @param pace        its last minute
 * @param shareOfPeak what part of its chip's greatest rate it reaches while it computes; empty where that is not known
 * @param health      what it measured of itself last; empty where it measures nothing, or too long ago
 * @param alarm       what is wrong with it; empty where nothing is
 */
public record DeviceView(
        DeviceOffer offer,
        State state,
        List<String> sessionIds,
        int leases,
        Work life,
        RecentRate pace,
        OptionalDouble shareOfPeak,
        Optional<DeviceHealth> health,
        Optional<String> alarm) {
    /** What a device does. */
    public enum State {
        /** It waits for work. */
        IDLE,
        /** It makes a model ready. */
        PREPARING,
        /** It computes. */
        COMPUTING,
        /** Its leases fail, one after the other: it is tried once in a while. */
        FAILING,
        /** Its worker finishes what it has and gets no more. */
        DRAINING,
        /** Its worker is in quarantine. */
        QUARANTINED,
        /** Its worker is not connected. */
        APART
    }

    /** Copies the list. */
    public DeviceView {
        sessionIds = List.copyOf(sessionIds);
    }
}
