package io.bignode.lease;

import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.WorkerGone;
import io.bignode.protocol.WorkerJoined;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A worker, as operators see it.
 *
 * @param name    its name
 * @param state   whether its requests are served
 * @param devices what it offers, or offered when it was connected last
 * @param leases  how many leases its devices have
 * @param since   since when it is connected; empty when it is not
 * @param lost    since when it is not connected, and why; empty when it is, or never was
 * @param origin  where it comes from, or came from last
 */
public record WorkerView(
        String name, State state, List<DeviceOffer> devices, int leases, Optional<Instant> since, Optional<Lost> lost, WorkerJoined.Origin origin) {
    /**
     * The end of a worker's connection.
     *
     * @param since  when it ended
     * @param reason why it ended
     */
    public record Lost(Instant since, WorkerGone.Reason reason) {}

    /** Whether a worker's requests are served. */
    public enum State {
        /** They are served. */
        WORKING,
        /** They wait: it finishes what it has and gets no more. */
        DRAINING,
        /** It is in quarantine. */
        QUARANTINED
    }

    /** Whether it is connected. */
    public boolean connected() {
        return since.isPresent();
    }

    /** Copies the list. */
    public WorkerView {
        devices = List.copyOf(devices);
    }
}
