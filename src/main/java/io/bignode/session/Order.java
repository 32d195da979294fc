package io.bignode.session;

import io.bignode.protocol.Epoch;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.WorkOrder;
import java.net.URI;
import java.util.Optional;

/**
 * What a small node ordered.
 *
 * @param tenant   who ordered; only the same tenant sees the session
 * @param key      identity within the tenant: two orders with the same key share their nonces (the caller composes it of block hash, public
 *                 key, node id, node count and parameters)
 * @param nonces   the nonces to compute
 * @param nodeId   the small node's number, for listings
 * @param work     what to compute
 * @param weight   share of the devices relative to other sessions, above 0; 1 is the usual one
 * @param epoch    the block it is for
 * @param callback where found batches are to be pushed; empty where the small node polls
 * @param participant who mines, within the tenant: up to three sessions of one participant take one place (the caller composes it of public key and node id)
 * @param terms    on what terms it is served
 */
public record Order(
        String tenant, String key, NonceSequence nonces, long nodeId, WorkOrder work, double weight, Epoch epoch, Optional<URI> callback,
        String participant, Terms terms) {
    /** Refuses a weight that is no positive finite number. */
    public Order {
        if (!(weight > 0) || Double.isInfinite(weight)) throw new IllegalArgumentException("weight " + weight);
    }
    /** Whether it has one nonce alone, as a request has that is answered as a whole. */
    boolean isSingle() {
        return nonces.size() == 1;
    }

    /** The same order with another address to push to, on other terms. */
    Order amended(Optional<URI> newCallback, Terms newTerms) {
        return new Order(tenant, key, nonces, nodeId, work, weight, epoch, newCallback, participant, newTerms);
    }

    /** Whether another order of the same nonces asks for the very same results. */
    boolean asksForTheSame(Order other) {
        return work.equals(other.work) && epoch.equals(other.epoch);
    }
}
