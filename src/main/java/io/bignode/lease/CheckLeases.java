package io.bignode.lease;

import io.bignode.protocol.Lease;
import io.bignode.protocol.NonceRange;
import io.bignode.protocol.WorkerMessage.LeaseRequest;
import io.bignode.session.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Turns checks into leases, for devices that request work and for the judge. Not thread safe; {@link Leases} guards it. */
final class CheckLeases {
    private static final String CHECK = "check-";

    private final Verification verification;
    private final Checkers checkers;
    private final DeviceRates rates;
    private Judge judge = Judge.NONE;

    CheckLeases(Verification verification, Checkers checkers, DeviceRates rates) {
        this.verification = verification;
        this.checkers = checkers;
        this.rates = rates;
    }

    /** Sets the judge, which decides from now on where two sources differ and no third device is there. */
    void judgeBy(Judge by) {
        judge = by;
    }

    /** A check for a device that requests work, if there is one it may do. */
    Optional<ActiveLease> take(LeaseRequest request, long now) {
        return verification.take(Source.of(request.deviceId()), check -> checkers.may(request.deviceId(), check), now).map(check -> {
            String costClass = check.subject.session().order().work().costClass();
            NonceRange sample = verification.sample(check, rates.size(request.deviceId(), costClass, request.maxBatch()));
            return issued(check, request.deviceId(), sample);
        });
    }

    /** Takes one nonce of each disputed check for the judge, where no device can decide and the judge can. */
    List<ActiveLease> takeForJudge(long now) {
        List<ActiveLease> taken = new ArrayList<>();
        for (VerificationTask check : verification.undecided(checkers::somebodyMay)) {
            if (check.excluded.contains(Source.of(Judge.DEVICE)) || !judge.takes(check.subject.session().order().work())) continue;
            verification.judged(check, Source.of(Judge.DEVICE), now);
            ActiveLease issued = issued(check, Judge.DEVICE, verification.differing(check));
            issued.judged = true;
            taken.add(issued);
        }
        return taken;
    }

    /** Hands the judge the leases that were taken for it. */
    void judge(ActiveLease issued) {
        judge.judge(issued.lease);
    }

    private ActiveLease issued(VerificationTask check, String deviceId, NonceRange range) {
        Session session = check.subject.session();
        Lease all = new Lease(CHECK + UUID.randomUUID(), session.id(), session.order().work(), session.order().nonces(), range);
        Lease lease = new Lease(all.id(), all.sessionId(), verification.work(check, all), all.nonces(), range);
        return new ActiveLease(lease, session, deviceId, rates.estimateNanos(deviceId, lease.work().costClass(), range.count()), Optional.of(check));
    }
}
