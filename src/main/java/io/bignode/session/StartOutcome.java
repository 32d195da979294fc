package io.bignode.session;

import java.time.Duration;

/** What became of an order to start a session. */
public sealed interface StartOutcome {
    /** A new session runs. */
    record Started(Session session) implements StartOutcome {}

    /** This very order runs already; this is its session. */
    record Running(Session session) implements StartOutcome {}

    /**
     * As many sessions run as may, of the order's tenant or of all.
     *
     * @param retryAfter until the first of them expires, at least a second
     */
    record Full(Duration retryAfter) implements StartOutcome {}

    /**
     * The store cannot keep a new session at the moment.
     *
     * @param reason why, fit for the small node's eyes
     */
    record NotStored(String reason) implements StartOutcome {}

    /** This node is shutting down. */
    record Closing() implements StartOutcome {}
}
