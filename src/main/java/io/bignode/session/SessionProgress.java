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
 * @param place    its place among those that wait for their turn; 0 for one that was admitted
 * @param deviceNanos  how long devices were busy with it
 * @param uncomputable how many nonces came to nothing on two devices, so that nobody tries them again
 * @param firstFoundAt when its first nonce that counts was found; null where none was
 * @param relay    that another node computes it; null where devices of this node do
 */
public record SessionProgress(
        SessionStatus status,
        @Nullable String error,
        long computed,
        long found,
        long batches,
        long settled,
        Instant polledAt,
        @Nullable Instant endedAt,
        long place,
        long deviceNanos,
        long uncomputable,
        @Nullable Instant firstFoundAt,
        @Nullable Relay relay) {
    /** A session that starts now, and waits at a place; 0 for one that does not wait. */
    static SessionProgress start(Instant now, long place) {
        return new SessionProgress(SessionStatus.INITIALIZING, null, 0, 0, 0, 0, now, null, place, 0, 0, null, null);
    }
}
