package io.bignode.lease;

import java.time.Duration;

/**
 * How long a lease may take before its device counts as hung and the lease goes to another.
 *
 * @param start      until the device computes, when it may have to draw a weight pool first
 * @param unmeasured from then on, for a kind of work whose rate is not known on that device
 * @param floor      from then on at least, where the rate is known
 * @param multiple   and so many times the estimate more
 * @param reattach   for leases in flight at the head's start, until their workers said hello
 */
public record LeaseTimeouts(Duration start, Duration unmeasured, Duration floor, int multiple, Duration reattach) {
    /** Refuses what is not positive. */
    public LeaseTimeouts {
        if (!start.isPositive() || !unmeasured.isPositive() || !floor.isPositive() || multiple < 1 || !reattach.isPositive()) {
            throw new IllegalArgumentException("timeouts " + start + " " + unmeasured + " " + floor + " " + multiple + " " + reattach);
        }
    }

    /** The usual one: a slot may wait for the other's lease, and a device may be shared with others for a while. */
    public static LeaseTimeouts usual() {
        return new LeaseTimeouts(Duration.ofMinutes(10), Duration.ofMinutes(5), Duration.ofSeconds(10), 16, Duration.ofSeconds(15));
    }

    /** How long a lease may go on from now on. */
    long nanos(boolean started, boolean measured, long estimateNanos) {
        if (started && measured) return floor.toNanos() + multiple * estimateNanos;
        return started ? unmeasured.toNanos() : start.toNanos();
    }
}
