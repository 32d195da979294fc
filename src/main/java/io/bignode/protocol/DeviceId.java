package io.bignode.protocol;

/**
 * What a device is called: {@code worker/device}, for instance {@code local/cpu} or {@code farm-3f2a/cuda:0}.
 *
 * @param worker the worker it belongs to
 * @param device its name within the host
 */
public record DeviceId(String worker, String device) {
    /** The worker of the head's own devices. */
    public static final String LOCAL = "local";

    private static final int LONGEST = 64;

    /** Refuses what stands outside of small letters, digits and a few marks. */
    public DeviceId {
        if (!isWorker(worker) || !isName(device, ":._-")) throw new IllegalArgumentException("no name of a device");
    }

    /** Reads an id; one without a worker is the head's own. */
    public static DeviceId of(String deviceId) {
        int slash = deviceId.indexOf('/');
        return slash < 0 ? new DeviceId(LOCAL, deviceId) : new DeviceId(deviceId.substring(0, slash), deviceId.substring(slash + 1));
    }

    /** Whether a text may be a worker's name. */
    public static boolean isWorker(String name) {
        return isName(name, "-");
    }

    /** Without a regular expression, as several names are read for every message. */
    private static boolean isName(String name, String marks) {
        if (name.isEmpty() || name.length() > LONGEST || marks.indexOf(name.charAt(0)) >= 0) return false;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && marks.indexOf(c) < 0) return false;
        }
        return true;
    }

    /** The device's id, unique among all hosts. */
    public String id() {
        return worker + "/" + device;
    }
}
