package io.bignode.session;

import java.time.Duration;

/**
 * How many sessions there may be and how long they last.
 *
 * @param maxSessions how many places for sessions there are, at least 1; up to three sessions of one participant take one place together
 * @param life        from a session's start until it expires
 * @param idle        a session nobody polled for this long gets no leases until it is polled again
 * @param retention   how long an ended session's found nonces are kept
 * @param maxEnded    how many ended sessions are kept at most; the one that ended first goes first
 * @param maxWaiting  how many of each tenant may wait for their turn, 0 for none
 * @param maxSingle   how many orders of a single nonce each tenant may have that are not done; they take no places
 * @param linger      how long a session whose order lingers is shown as active after its end; shorter than the retention
 */
public record SessionRules(int maxSessions, Duration life, Duration idle, Duration retention, int maxEnded, int maxWaiting, int maxSingle, Duration linger) {
    /** How many may wait for their turn, unless somebody says otherwise. */
    public static final int USUAL_WAITING = 100;

    /** How many orders of a single nonce a tenant may have, unless somebody says otherwise. */
    public static final int USUAL_SINGLE = 200;

    /** From 330 s after the start, when a session's life ends, until after the chain's own end of the stage, which comes up to 510 s after it. */
    public static final Duration USUAL_LINGER = Duration.ofSeconds(240);

    /** Refuses a count or a duration that is not positive, and a session that would be purged while it is shown as active. */
    public SessionRules {
        if (maxSessions < 1 || maxEnded < 1 || maxSingle < 1) {
            throw new IllegalArgumentException("sessions " + maxSessions + ", ended " + maxEnded + ", single " + maxSingle);
        }
        if (!life.isPositive() || !idle.isPositive() || !retention.isPositive()) {
            throw new IllegalArgumentException("life " + life + ", idle " + idle + ", retention " + retention);
        }
        if (maxWaiting < 0 || linger.isNegative() || linger.compareTo(retention) >= 0) {
            throw new IllegalArgumentException("waiting " + maxWaiting + ", linger " + linger + ", retention " + retention);
        }
    }

    /** Rules by which as many wait, and ended sessions linger for as long, as usual. */
    public SessionRules(int maxSessions, Duration life, Duration idle, Duration retention, int maxEnded) {
        this(maxSessions, life, idle, retention, maxEnded, USUAL_WAITING, USUAL_SINGLE, USUAL_LINGER);
    }

    /** The usual rules: two minutes without a poll make a session idle, a day's retention, ten thousand ended sessions. */
    public static SessionRules of(int maxSessions, Duration life) {
        return new SessionRules(maxSessions, life, Duration.ofMinutes(2), Duration.ofDays(1), 10_000);
    }

    /** These rules with another number that may wait and another time to linger. */
    public SessionRules waiting(int max, Duration lingering) {
        return new SessionRules(maxSessions, life, idle, retention, maxEnded, max, maxSingle, lingering);
    }

    /** These rules with another number of orders of a single nonce. */
    public SessionRules single(int max) {
        return new SessionRules(maxSessions, life, idle, retention, maxEnded, maxWaiting, max, linger);
    }
}
