package io.bignode.protocol;

/**
 * A device's slot asks for one lease; it is answered when there is work, be it much later.
 *
 * @param deviceId the device, unique among all hosts
 * @param maxBatch the most nonces it computes in one go, at least 1; leases beyond that are multiples of it
 */
public record LeaseRequest(String deviceId, int maxBatch) implements WorkerMessage {
    /** Refuses a batch below one. */
    public LeaseRequest {
        if (maxBatch < 1) throw new IllegalArgumentException("max batch " + maxBatch);
    }
}
