package io.bignode.lease;

import io.bignode.protocol.DeviceId;
import io.bignode.protocol.Lease;
import io.bignode.session.Session;
import java.util.Optional;
import java.util.OptionalLong;

/** A lease that was sent and did not end. Guarded by {@link Leases}' lock. */
final class ActiveLease {
    final Lease lease;
    final Session session;
    final String deviceId;
    final long estimateNanos;

    /** What this lease is to check; empty for one whose result is for the small node. */
    final Optional<VerificationTask> check;

    /** The device computes it. */
    boolean started;

    /** It was in flight when the head started, and its worker has not confirmed yet that it holds it. */
    boolean unclaimed;

    /** When it was sent, or when the device ended the one before it. */
    long turnNanos;

    /** When its device counts as hung, by {@link LeaseClock}. */
    long deadlineNanos;

    OptionalLong cancelledNanos = OptionalLong.empty();

    /** Its device was asked to hand it back, so that the device can begin other work sooner. */
    boolean recalled;

    /** The judge computes it, inside the head: it does not end when a worker's link does. */
    boolean judged;

    ActiveLease(Lease lease, Session session, String deviceId, long estimateNanos, Optional<VerificationTask> check) {
        this.lease = lease;
        this.session = session;
        this.deviceId = deviceId;
        this.estimateNanos = estimateNanos;
        this.check = check;
    }

    /** Whether its device was told to end it with nothing done, or may have been by an earlier head. */
    boolean askedBack() {
        return recalled || unclaimed || cancelledNanos.isPresent();
    }

    String worker() {
        return DeviceId.of(deviceId).worker();
    }
}
