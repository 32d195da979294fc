package io.bignode.session;

import io.bignode.protocol.Epoch;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.WorkOrder;
import java.net.URI;
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
        return new Order(tenant, key, nonces, nonces.offset(), work, weight, new Epoch(7, "block"), Optional.empty(), key, Terms.PLAIN);
    }

    /** The same order on other terms. */
    public static Order on(Terms terms, Order order) {
        return order.amended(order.callback(), terms);
    }

    /** The same nonces, asked for with another body: other results. */
    public static Order asking(String body, Order order) {
        WorkOrder work = new WorkOrder(order.work().function(), order.work().costClass(), body);
        return new Order(
                order.tenant(), order.key(), order.nonces(), order.nodeId(), work, order.weight(), order.epoch(), order.callback(),
                order.participant(), order.terms());
    }

    /** The same order of another participant. */
    public static Order by(String participant, Order order) {
        return new Order(
                order.tenant(), order.key(), order.nonces(), order.nodeId(), order.work(), order.weight(), order.epoch(), order.callback(),
                participant, order.terms());
    }

    /** The same order, pushed to another address. */
    public static Order pushedTo(Optional<URI> callback, Order order) {
        return order.amended(callback, order.terms());
    }
}
