package io.bignode.protocol;

/**
 * A device that a worker offers.
 *
 * @param deviceId    unique among all hosts: {@code worker/cuda:0}
 * @param name        what the maker calls it
 * @param memoryBytes memory that may be used
 * @param maxBatch    the most nonces it takes in one go, of the smallest models
 * @param serves      which work it takes, in the words of the proof function that it belongs to; empty where it says nothing of it, as workers of before protocol
 *                    2.1 do
 * @param occupied    by whom it is used otherwise, so that it takes no work now; empty where it takes work
 */
public record DeviceOffer(String deviceId, String name, long memoryBytes, int maxBatch, String serves, String occupied) {
    private static final int LONGEST = 128;
    private static final int LONGEST_SERVED = 512;

    /** A device that does not say which work it takes. */
    public DeviceOffer(String deviceId, String name, long memoryBytes, int maxBatch) {
        this(deviceId, name, memoryBytes, maxBatch, "");
    }

    /** A device that takes work. */
    public DeviceOffer(String deviceId, String name, long memoryBytes, int maxBatch, String serves) {
        this(deviceId, name, memoryBytes, maxBatch, serves, "");
    }

    /** Refuses what no device can be. */
    public DeviceOffer {
        DeviceId.of(deviceId);
        if (name.length() > LONGEST || occupied.length() > LONGEST || serves.length() > LONGEST_SERVED || memoryBytes < 0 || maxBatch < 1) {
            throw new IllegalArgumentException("device of " + memoryBytes + " bytes and " + maxBatch + " nonces");
        }
    }

    /** What devices of the same kind on different hosts have in common: this offer without the worker's name. */
    public DeviceOffer kind() {
        return new DeviceOffer("any/" + DeviceId.of(deviceId).device(), name, memoryBytes, maxBatch, serves, occupied);
    }
}
