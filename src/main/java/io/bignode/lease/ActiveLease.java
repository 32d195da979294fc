package io.bignode.lease;

import io.bignode.protocol.DeviceId;
import io.bignode.protocol.Lease;
import io.bignode.session.Session;
import java.util.Comparator;
import java.util.Optional;
import java.util.OptionalLong;

/** A lease that was sent and did not end. Guarded by {@link Leases}' lock. */
final class ActiveLease {
    /** Those that are due first come first. Times are compared by their difference, as {@link System#nanoTime} asks for. */
    static final Comparator<ActiveLease> BY_DUE_TIME = (left, right) -> {
        long later = left.dueNanos - right.dueNanos;
        return later != 0 ? Long.signum(later) : Long.compare(left.number, right.number);
    };

    final Lease lease;
    final Session session;
    final String deviceId;
    private final String worker;
    final long estimateNanos;

    /** What this lease is to check; empty for one whose result is for the small node. */
    final Optional<VerificationTask> check;

    /** The device computes it. */
    boolean started;

    /** It was in flight when the head started, and its worker has not confirmed yet that it holds it. */
    boolean unclaimed;

    /** When it was sent, when the device ended the one before it, or when it last waited for the work of another head. */
    long turnNanos;

    /** When it is given up, by {@link LeaseClock}: its device hangs, or does not end it though it was cancelled. Changed by {@link ActiveLeases} alone. */
    long dueNanos;

    /** In the order in which they were added, so that no two compare as equal. */
    long number;

    /** When it was cancelled. */
    OptionalLong cancelledNanos = OptionalLong.empty();

    /** Its device was asked to hand it back, so that the device can begin other work sooner. */
    boolean recalled;

    /** The judge computes it, inside the head: it does not end when a worker's link does. */
    boolean judged;

    ActiveLease(Lease lease, Session session, String deviceId, long estimateNanos, Optional<VerificationTask> check) {
        this.lease = lease;
        this.session = session;
        this.deviceId = deviceId;
        this.worker = DeviceId.of(deviceId).worker();
        this.estimateNanos = estimateNanos;
        this.check = check;
    }

    /** Whether its device was told to end it with nothing done, or may have been by an earlier head. */
    boolean askedBack() {
        return recalled || unclaimed || cancelledNanos.isPresent();
    }

    String worker() {
        return worker;
    }
}
