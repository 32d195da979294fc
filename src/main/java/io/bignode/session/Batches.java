package io.bignode.session;

import io.bignode.protocol.Found;
import java.util.List;

/**
 * An answer to a poll: the batches found since, and the state of the session, both at the same moment.
 *
 * @param sessionId     whose
 * @param found         everything found since, in the order it came; may be empty
 * @param sessionActive false only when nothing will ever follow: the session ended and does not linger, no lease is in flight, everything was
 *                      handed out, and this answer is empty too
 * @param status        the session's status as its small node sees it
 * @param totalBatches  how many batches were found since the session's start
 * @param cursor        the last batch in this answer, or the one before where it is empty; what follows it is asked for with
 *                      {@code after=cursor}
 */
public record Batches(String sessionId, List<Found> found, boolean sessionActive, SessionStatus status, long totalBatches, long cursor) {
    /** Copies the list. */
    public Batches {
        found = List.copyOf(found);
    }
}
