package io.bignode.lease;

import io.bignode.session.Session;
import java.time.Duration;

/**
 * Which devices may check what others computed. Not thread safe; {@link Leases} guards it.
 *
 * @param registry   the devices there are
 * @param policies what fits them
 * @param rates    how fast they are
 * @param blame    which of them fail
 */
record Checkers(WorkerRegistry registry, Policies policies, DeviceRates rates, Blame blame) {
    /** A device that takes longer than this for a nonce does not check the head's own devices: their results would wait for it. */
    private static final Duration PROMPT = Duration.ofSeconds(2);

    /** Whether a device may take a check. */
    boolean may(String deviceId, VerificationTask check) {
        return may(deviceId, check.subject.session(), check.source) && !check.excluded.contains(Source.of(deviceId));
    }

    /** Whether a device that may take a check is there. */
    boolean somebodyMay(VerificationTask check) {
        return registry.devices().stream().anyMatch(device -> may(device.deviceId(), check));
    }

    /** Whether any device could check a source's results. */
    boolean somebodyMay(Source source, Session session) {
        return registry.devices().stream().anyMatch(device -> may(device.deviceId(), session, source));
    }

    private boolean may(String deviceId, Session session, Source source) {
        if (Source.of(deviceId).equals(source) || blame.fails(deviceId) || blame.isSilent(deviceId)) return false;
        if (source.own() && rates.estimateNanos(deviceId, session.order().work().costClass(), 1) > PROMPT.toNanos()) return false;
        return registry.device(deviceId).filter(device -> policies.capacity().fits(device, session.order().work())).isPresent();
    }
}
