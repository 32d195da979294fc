package io.bignode.lease;

import io.bignode.monitor.RecentRate;
import io.bignode.monitor.Work;
import io.bignode.protocol.DeviceHealth;
import io.bignode.protocol.DeviceOffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A device, as operators and monitoring see it.
 *
 * @param offer       how its worker described it
 * @param state       what it does
 * @param sessionIds  the sessions whose leases it holds, each once
 * @param leases      how many it has
 * @param life        its work since this head started
 * @param pace        its work in the last minute
 * @param shareOfPeak the share of its chip's peak rate that it reaches while it computes; empty where that is not known
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
        /** Others use it: it gets no leases until it is free. */
        OCCUPIED,
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
