package io.bignode.lease;

import io.bignode.protocol.Found;
import io.bignode.protocol.NonceRange;
import io.bignode.session.Session;
import java.util.List;

/**
 * A result that waits to be verified; its session holds it.
 *
 * @param leaseId     of the lease it ended
 * @param session     whose nonces
 * @param computed    the indices that were computed
 * @param found       those that count, as reported
 * @param number      in the order in which its source's results landed
 * @param landedNanos when it landed
 */
record Unverified(String leaseId, Session session, NonceRange computed, List<Found> found, long number, long landedNanos) {}
