package io.bignode.protocol;

/**
 * What made a batch.
 *
 * @param engine which engine computed it, for instance {@code cpu} or {@code cuda}
 * @param device the device, unique among all hosts
 * @param worker the worker the device belongs to; {@code local} for the head's own
 */
public record Provenance(String engine, String device, String worker) {
    private static final String OWN = "local";

    /** Reads a device's id, {@code worker/engine} or {@code worker/engine:number}; one without a worker is the head's own. */
    public static Provenance of(String deviceId) {
        int slash = deviceId.lastIndexOf('/');
        String name = deviceId.substring(slash + 1);
        int colon = name.indexOf(':');
        return new Provenance(colon < 0 ? name : name.substring(0, colon), deviceId, slash < 0 ? OWN : deviceId.substring(0, slash));
    }
}
