package io.bignode.protocol;

import java.util.regex.Pattern;

/**
 * What a device is called: {@code worker/device}, for instance {@code local/cpu} or {@code farm-3f2a/cuda:0}.
 *
 * @param worker the worker it belongs to
 * @param device its name within the host
 */
public record DeviceId(String worker, String device) {
    /** The worker of the head's own devices. */
    public static final String LOCAL = "local";

    private static final Pattern WORKER = Pattern.compile("[a-z0-9][a-z0-9-]{0,63}");
    private static final Pattern DEVICE = Pattern.compile("[a-z0-9][a-z0-9:._-]{0,63}");

    /** Refuses what stands outside of small letters, digits and a few marks. */
    public DeviceId {
        if (!isWorker(worker) || !DEVICE.matcher(device).matches()) throw new IllegalArgumentException("no name of a device");
    }

    /** Reads an id; one without a worker is the head's own. */
    public static DeviceId of(String deviceId) {
        int slash = deviceId.indexOf('/');
        return slash < 0 ? new DeviceId(LOCAL, deviceId) : new DeviceId(deviceId.substring(0, slash), deviceId.substring(slash + 1));
    }

    /** Whether a text may be a worker's name. */
    public static boolean isWorker(String name) {
        return WORKER.matcher(name).matches();
    }

    /** The device's id, unique among all hosts. */
    public String id() {
        return worker + "/" + device;
    }
}
