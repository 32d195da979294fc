package io.bignode.session;


/** What became of an order to start a session. */
public sealed interface StartOutcome {
    /** A new session runs, or waits for its turn. */
    record Started(Session session) implements StartOutcome {}

    /** This very order runs already, or waits; this is its session. */
    record Running(Session session) implements StartOutcome {}

    /** This very order runs already, or waits; its session pushes to another address from now on, or to none. */
    record Redirected(Session session) implements StartOutcome {}

    /**
     * The same nonces were asked for with other results: the session before was stopped, and this one goes on after the nonces it computed.
     *
     * @param before what it found stays readable
     */
    record Replaced(Session session, Session before) implements StartOutcome {}

    /**
     * There is no room, and the order does not wait.
     *
     * @param obstacle what is in its way
     * @param lineFull whether it would wait, but as many of its tenant's wait as may
     */
    record Refused(Obstacle obstacle, boolean lineFull) implements StartOutcome {}

    /**
     * The store cannot keep a new session at the moment.
     *
     * @param reason why, fit for the small node's eyes
     */
    record NotStored(String reason) implements StartOutcome {}

    /** This node is shutting down. */
    record Closing() implements StartOutcome {}
}
