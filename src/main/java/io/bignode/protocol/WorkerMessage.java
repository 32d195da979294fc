package io.bignode.protocol;

/** What a worker tells the head, or what is learned about it. Messages of one device arrive in the order they were sent. */
public sealed interface WorkerMessage
        permits LeaseReport, DeviceHealth, WorkerHello, WorkerJoined, WorkerGone, WorkerMessage.LeaseRequest, WorkerMessage.Reported, WorkerMessage.DeviceGone,
                WorkerMessage.WorkerRefused, WorkerMessage.WorkerFault {
    /**
     * A device will neither finish the leases it has nor take the ones it asked for; it may ask anew later.
     *
     * @param deviceId the device
     */
    record DeviceGone(String deviceId) implements WorkerMessage {}

    /**
     * A device's slot asks for one lease; it is answered when there is work, be it much later.
     *
     * @param deviceId the device, unique among all hosts
     * @param maxBatch the most nonces it computes in one go, at least 1; leases beyond that are multiples of it
     */
    record LeaseRequest(String deviceId, int maxBatch) implements WorkerMessage {
        /** Refuses a batch below one. */
        public LeaseRequest {
            if (maxBatch < 1) throw new IllegalArgumentException("max batch " + maxBatch);
        }
    }

    /**
     * A report, and who really sent it; it counts only for that worker's own leases.
     *
     * @param worker the sender, as the connection proved it
     * @param report what it says
     */
    record Reported(String worker, LeaseReport report) implements WorkerMessage {}

    /**
     * A worker sent what no sound worker sends.
     *
     * @param worker its name
     * @param reason what was wrong with it
     */
    record WorkerFault(String worker, String reason) implements WorkerMessage {}

    /**
     * A worker connected and was not taken in; another of the same name may be at work.
     *
     * @param worker  its name
     * @param kind    what it was refused for
     * @param address where it comes from; empty where that is not known
     * @param reason  a clause for people that says why
     */
    record WorkerRefused(String worker, Kind kind, String address, String reason) implements WorkerMessage {
        /** What a worker is refused for. */
        public enum Kind {
            /** Another process of this name is connected. */
            NAME,
            /** It speaks another version of the protocol. */
            PROTOCOL
        }
    }
}
