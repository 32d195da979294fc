package io.bignode.broker;

/** What the head tells a worker besides leases. */
sealed interface HeadMessage {
    /** Give this lease up. */
    record Cancel(String leaseId) implements HeadMessage {}

    /** Say hello, and ask again for whatever you wait for: this head does not know you, or can take you in now. */
    record Introduce() implements HeadMessage {}

    /**
     * You are taken in, or would be.
     *
     * @param program the version of the head's program; empty where it does not know it
     */
    record Welcome(String program) implements HeadMessage {}

    /**
     * You are not taken in now. Whoever stays connected is asked to introduce itself when that changes.
     *
     * @param reason a clause for the worker's log
     */
    record Refused(String reason) implements HeadMessage {}

    /**
     * You are not let in.
     *
     * @param reason why, for the worker's log
     */
    record Quarantined(String reason) implements HeadMessage {}

    /** Your goodbye is heard. */
    record Farewell() implements HeadMessage {}
}
