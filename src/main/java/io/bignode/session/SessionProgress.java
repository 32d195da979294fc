package io.bignode.session;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How far a session got.
 *
 * @param status   where it is in its life
 * @param error    why it ended in {@link SessionStatus#ERROR}, else null
 * @param computed how many nonces were computed
 * @param found    how many of them count
 * @param batches  how many batches were found
 * @param settled  the last batch that was handed out
 * @param polledAt when its small node asked last
 * @param endedAt  when it ended; null while it runs
 */
public record SessionProgress(
        SessionStatus status,
        @Nullable String error,
        long computed,
        long found,
        long batches,
        long settled,
        Instant polledAt,
        @Nullable Instant endedAt) {
    /** A session that starts now. */
    static SessionProgress start(Instant now) {
        return new SessionProgress(SessionStatus.INITIALIZING, null, 0, 0, 0, 0, now, null);
    }
}
