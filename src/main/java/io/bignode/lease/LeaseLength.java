package io.bignode.lease;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * The device time that leases should take: that of the rules while half a core is enough to serve them, and longer where it is not, up to a bound. Not thread
 * safe; {@link Leases} guards it.
 *
 * <p>What leases cost the head goes with their number, which is the devices' time divided by a lease's. So the leases that ended lately, and the processor time
 * that was spent meanwhile, tell how long leases must be for half a core. As that is no adjustment of the length that is in force, it does not matter how long a
 * new length takes to show. Leases that are short for another reason, such as a device's first ones, do not make others longer.
 */
final class LeaseLength {
    private static final Duration PERIOD = Duration.ofSeconds(5);

    /** How many cores serving leases may take before these become longer. */
    private static final double CORES = 0.5;

    /**
     * The longest, as a multiple of the rules' target. Results come as late as leases are long: of a stage of five minutes, leases of four seconds leave less than a
     * hundredth for later than its end, and a session that starts meanwhile waits so long for its first.
     */
    private static final int MAX_STRETCH = 4;

    /** Weight of the newest measurement: one that is far off, as while code is being compiled, does half of what it says. */
    private static final double NEWEST = 0.5;

    private final double usualNanos;
    private final LongSupplier nanoTime;
    private LongSupplier servingNanos = () -> 0;
    private long sinceNanos;
    private long served;
    private double ended;
    private double deviceNanos;
    private double cores;
    private double nanos;

    /**
     * Leases are as long as the rules say until {@link #measureBy} tells what they cost.
     *
     * @param nanoTime real time, in which the head's thread may stand still
     */
    LeaseLength(LeaseRules rules, LongSupplier nanoTime) {
        this.usualNanos = rules.target().toNanos();
        this.nanoTime = nanoTime;
        this.nanos = usualNanos;
        this.sinceNanos = nanoTime.getAsLong();
    }

    /** Sets what tells the processor time that serving leases took so far, in nanoseconds. */
    void measureBy(LongSupplier by) {
        servingNanos = by;
        begin(by.getAsLong(), nanoTime.getAsLong());
    }

    /** A lease ended that took a device so long. */
    void ended(long tookNanos) {
        ended++;
        deviceNanos += tookNanos;
    }

    /** Looks every few seconds at what leases cost; to be called more often. */
    void tick() {
        long now = nanoTime.getAsLong();
        if (now - sinceNanos < PERIOD.toNanos()) return;
        long servedNow = servingNanos.getAsLong();
        cores = (servedNow - served) / (double) (now - sinceNanos);
        double wanted = ended == 0 ? usualNanos : deviceNanos / ended * cores / CORES;
        nanos += NEWEST * (Math.clamp(wanted, usualNanos, MAX_STRETCH * usualNanos) - nanos);
        begin(servedNow, now);
    }

    private void begin(long servedNow, long now) {
        served = servedNow;
        sinceNanos = now;
        ended = 0;
        deviceNanos = 0;
    }

    /** The device time that a lease should take. */
    Duration target() {
        return Duration.ofNanos((long) nanos);
    }

    /** How many cores serving leases took lately. */
    double cores() {
        return cores;
    }
}
