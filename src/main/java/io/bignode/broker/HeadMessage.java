package io.bignode.broker;

/** A message of the head to a worker, besides leases. */
sealed interface HeadMessage {
    /** The worker should give this lease up. */
    record Cancel(String leaseId) implements HeadMessage {}

    /** The worker should send its hello and its requests again: this head does not know it, or can accept it now. */
    record Introduce() implements HeadMessage {}

    /**
     * The worker is accepted, or would be.
     *
     * @param program the version of the head's program; empty where it does not know it
     */
    record Welcome(String program) implements HeadMessage {}

    /**
     * The worker is not accepted now. One that stays connected is asked to introduce itself when that changes.
     *
     * @param reason a clause for the worker's log
     */
    record Refused(String reason) implements HeadMessage {}

    /**
     * The worker is in quarantine and is not admitted.
     *
     * @param reason why, for the worker's log
     */
    record Quarantined(String reason) implements HeadMessage {}

    /** The worker's goodbye was received. */
    record Farewell() implements HeadMessage {}
}
