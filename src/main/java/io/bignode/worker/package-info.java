/**
 * A host's devices at work. Leases come in through the broker, reports go out through it. Invariants: one weight pool for each (block hash, size) and
 * host, whatever the number of sessions and devices; every lease that was taken is ended by one report; a device that fails is tried again with
 * backoff and never stops the others.
 */
@NullMarked
package io.bignode.worker;

import org.jspecify.annotations.NullMarked;
