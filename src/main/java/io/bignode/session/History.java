package io.bignode.session;

import io.bignode.protocol.Epoch;

/**
 * What one device did for one tenant in one epoch; kept when the sessions are purged.
 *
 * @param epoch       the block
 * @param tenant      for whom
 * @param deviceId    which device
 * @param computed    nonces computed
 * @param found       those that count
 * @param deviceNanos how long the device was busy with them
 */
public record History(Epoch epoch, String tenant, String deviceId, long computed, long found, long deviceNanos) {}
