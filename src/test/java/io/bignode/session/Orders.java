package io.bignode.session;

import java.util.Optional;

/** Orders for tests. */
public final class Orders {
    private Orders() {}

    /** An order of tenant {@code alice} for nonces 0, 1, 2, … */
    public static Order of(String key) {
        return of("alice", key, new NonceSequence(0, 1));
    }

    /** An order of the cost class {@code shape}. */
    public static Order of(String tenant, String key, NonceSequence nonces) {
        return weighted(tenant, key, nonces, 1);
    }

    /** An order with a weight. */
    public static Order weighted(String tenant, String key, NonceSequence nonces, double weight) {
        WorkOrder work = new WorkOrder("test", "shape", "{}");
        return new Order(tenant, key, nonces, nonces.offset(), work, weight, new Epoch(7, "block"), Optional.empty());
    }
}
