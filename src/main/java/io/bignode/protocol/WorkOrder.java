package io.bignode.protocol;

/**
 * What a device is to compute for each nonce; opaque to sessions, leases, broker and delivery.
 *
 * @param function  which proof function, for instance {@code transformer-distance}
 * @param costClass the same for all work that takes a device the same time a nonce (the model's shape); leases are sized by it
 * @param body      the order itself, as the function's own JSON text
 */
public record WorkOrder(String function, String costClass, String body) {}
