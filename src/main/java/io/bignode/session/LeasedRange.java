package io.bignode.session;

import io.bignode.protocol.NonceRange;
import java.time.Instant;

/**
 * A range of a session's nonces that is with a device: a lease in flight.
 *
 * @param leaseId   unique for ever, across the head's restarts too
 * @param sessionId whose nonces
 * @param range     the indices leased
 * @param deviceId  which device has them
 * @param leasedAt  since when, by the wall clock
 */
public record LeasedRange(String leaseId, String sessionId, NonceRange range, String deviceId, Instant leasedAt) {}
