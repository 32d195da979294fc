package io.bignode.lease;

import io.bignode.protocol.DeviceId;

/**
 * Where results come from, as verification sees it. A worker on another host is one source with all its devices, as its owner may forge; each of the head's
 * own devices is a source of its own, as it may be broken. Two devices of one source never check each other.
 *
 * @param name the worker's name, or the id of a device of the head
 */
record Source(String name) {
    /** The name of the CPU among the head's own devices. */
    private static final String CPU = "cpu";

    /** The source of a device's results. */
    static Source of(String deviceId) {
        DeviceId device = DeviceId.of(deviceId);
        return new Source(device.worker().equals(DeviceId.LOCAL) ? device.id() : device.worker());
    }

    /** Whether it is one of the head's own devices. */
    boolean own() {
        return name.startsWith(DeviceId.LOCAL + "/");
    }

    /** Whether it is the head's own CPU: the reference that others are judged by, and whose word is final. */
    boolean judge() {
        return own() && DeviceId.of(name).device().equals(CPU);
    }

    @Override
    public String toString() {
        return (own() ? "device " : "worker ") + name;
    }
}
