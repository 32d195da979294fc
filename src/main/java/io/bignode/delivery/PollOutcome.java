package io.bignode.delivery;

import io.bignode.session.Batches;

/** What became of a poll. */
public sealed interface PollOutcome {
    /** The writer wrote this answer. */
    record Answered(Batches batches) implements PollOutcome {}

    /**
     * There is no batch of this number, so nothing was written and nothing acknowledged.
     *
     * @param after  the cursor the small node sent
     * @param newest the newest there is
     */
    record UnknownCursor(long after, long newest) implements PollOutcome {
        /** A sentence that tells the small node what it may send. */
        public String detail() {
            return "must be a cursor this session handed out, 0 to " + newest + "; got " + after;
        }
    }
}
