package io.bignode.session;

/**
 * What a small node ordered.
 *
 * @param tenant who ordered; only the same tenant sees the session
 * @param key    identity within the tenant: two orders with the same key share their nonces (the caller composes it of block hash, public
 *               key, node id, node count and parameters)
 * @param nonces the nonces to compute
 * @param nodeId the small node's number, for listings
 * @param work   what to compute
 * @param weight share of the devices relative to other sessions, above 0; 1 is the usual one
 */
public record Order(String tenant, String key, NonceSequence nonces, long nodeId, WorkOrder work, double weight) {
    /** Refuses a weight that is no positive finite number. */
    public Order {
        if (!(weight > 0) || Double.isInfinite(weight)) throw new IllegalArgumentException("weight " + weight);
    }

    /** An order of the usual weight. */
    public Order(String tenant, String key, NonceSequence nonces, long nodeId, WorkOrder work) {
        this(tenant, key, nonces, nodeId, work, 1);
    }
}
