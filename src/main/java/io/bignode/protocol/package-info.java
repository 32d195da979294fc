/**
 * The words that cross between head and workers, and what both need to speak of an order: nonces, leases, reports, devices.
 *
 * <p>{@link io.bignode.protocol.HeadSide} and {@link io.bignode.protocol.WorkerSide} are the two ends of the contract; {@code broker} carries it,
 * {@code lease} and {@code worker} speak by it. What a proof function is asked to compute is an opaque {@linkplain io.bignode.protocol.WorkOrder work
 * order} here.
 *
 * <p>Invariant: a value of this package is whole and in bounds once it exists, wherever it came from. A change that an older peer would misunderstand
 * raises the {@linkplain io.bignode.protocol.ProtocolVersion version}.
 */
@NullMarked
package io.bignode.protocol;

import org.jspecify.annotations.NullMarked;
