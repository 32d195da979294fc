package io.bignode.broker;

/** What the head tells a worker besides leases. */
sealed interface HeadMessage {
    /** Give this lease up. */
    record Cancel(String leaseId) implements HeadMessage {}

    /** Say hello, and ask again for whatever you wait for: this head does not know you. */
    record Introduce() implements HeadMessage {}

    /**
     * You are not let in.
     *
     * @param reason why, for the worker's log
     */
    record Barred(String reason) implements HeadMessage {}
}
