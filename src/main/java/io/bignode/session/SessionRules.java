package io.bignode.session;

import java.time.Duration;

/**
 * How many sessions there may be and how long they last.
 *
 * @param maxSessions how many may run at once, at least 1
 * @param life        from a session's start until it expires
 * @param idle        a session nobody polled for this long gets no leases until it is polled again
 * @param retention   how long an ended session's found nonces are kept
 * @param maxEnded    how many ended sessions are kept at most; the one that ended first goes first
 */
public record SessionRules(int maxSessions, Duration life, Duration idle, Duration retention, int maxEnded) {
    /** Refuses a count or a duration that is not positive. */
    public SessionRules {
        if (maxSessions < 1 || maxEnded < 1) throw new IllegalArgumentException("sessions " + maxSessions + ", ended " + maxEnded);
        if (!life.isPositive() || !idle.isPositive() || !retention.isPositive()) {
            throw new IllegalArgumentException("life " + life + ", idle " + idle + ", retention " + retention);
        }
    }

    /** The usual rules: two minutes without a poll make a session idle, a day's retention, ten thousand ended sessions. */
    public static SessionRules of(int maxSessions, Duration life) {
        return new SessionRules(maxSessions, life, Duration.ofMinutes(2), Duration.ofDays(1), 10_000);
    }
}
