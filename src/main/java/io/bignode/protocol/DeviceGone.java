package io.bignode.protocol;

/**
 * A device will neither finish the leases it has nor take the ones it asked for; it may ask anew later.
 *
 * @param deviceId the device
 */
public record DeviceGone(String deviceId) implements WorkerMessage {}
