package io.bignode.lease;

import java.util.List;

/**
 * A worker, as an operator sees it.
 *
 * @param name    its name
 * @param state   what becomes of its requests
 * @param devices what it offers; empty when it is not connected
 * @param leases  how many leases its devices have
 */
public record WorkerView(String name, State state, List<DeviceOffer> devices, int leases) {
    /** What becomes of a worker's requests. */
    public enum State {
        /** They are served. */
        WORKING,
        /** They wait: it finishes what it has and gets no more. */
        DRAINING,
        /** It is kept out. */
        QUARANTINED
    }

    /** Copies the list. */
    public WorkerView {
        devices = List.copyOf(devices);
    }
}
