package io.bignode.protocol;

import java.util.List;

/**
 * A worker connected, anew or again. What it had before and does not hold is lost; its devices ask afresh.
 *
 * @param worker  its name
 * @param devices what it offers
 * @param held    the leases it has in hand, or whose results it could not hand over yet
 */
public record WorkerHello(String worker, List<DeviceOffer> devices, List<String> held) implements WorkerMessage {
    private static final int MAX_DEVICES = 1024;
    private static final int MAX_HELD = 16 * MAX_DEVICES;

    /** Copies the lists; refuses devices of another worker, and more than any host has. */
    public WorkerHello {
        devices = List.copyOf(devices);
        held = List.copyOf(held);
        if (!DeviceId.isWorker(worker)) throw new IllegalArgumentException("a worker's name has small letters, digits and dashes");
        if (devices.size() > MAX_DEVICES || held.size() > MAX_HELD) {
            throw new IllegalArgumentException(devices.size() + " devices and " + held.size() + " leases of one worker");
        }
        for (DeviceOffer device : devices) {
            if (!DeviceId.of(device.deviceId()).worker().equals(worker)) throw new IllegalArgumentException("a device of another worker");
        }
    }
}
