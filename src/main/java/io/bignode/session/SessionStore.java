package io.bignode.session;

import io.bignode.protocol.Epoch;
import io.bignode.protocol.Found;
import java.util.List;
import java.util.Optional;

/**
 * Keeps sessions across restarts. Thread safe. One head owns it: what it holds changes by {@link #write} alone.
 *
 * <p>Changes become durable in the order in which they were given, those of one call together.
 */
public interface SessionStore extends AutoCloseable {
    /**
     * Reads what there is; to be called once, before anything is written.
     *
     * @throws StoreException when it cannot be read
     */
    StoreImage load();

    /** How many times this store was opened, this time included. */
    long incarnation();

    /** Takes changes and returns at once. No changes at all are durable when everything before them is. */
    CommitTicket write(List<Change> changes);

    /**
     * Reads batches of a session, those that are not durable yet too.
     *
     * @param after    the batch after which to begin
     * @param upTo     the last batch wanted
     * @param maxBytes about how much to read at most; one batch is read at least
     * @throws StoreException when they cannot be read
     */
    FoundPage found(String sessionId, long after, long upTo, int maxBytes);

    /** Why no new session may start now; empty when one may. */
    Optional<String> refusal();

    /** Whether another head may have taken over, so that nothing may be told as true that is not known to be durable. */
    boolean ownershipLost();

    /** Whether it holds as much as it may that it could not write, so that no new lease should be issued. */
    boolean full();

    /** About how much memory what was given to it takes and is not known to be durable. */
    long pendingBytes();

    /** Has somebody told how its transactions go from now on. */
    void observe(StoreObserver observer);

    /** What devices did, the newest block first. */
    List<History> history(int limit);

    /** Writes what it has, then lets the store go. */
    @Override
    void close();

    /**
     * Consecutive batches, merged.
     *
     * @param found what they hold, in order
     * @param last  the number of the last of them; the number read after where there is none
     */
    record FoundPage(List<Found> found, long last) {
        /** Copies the list. */
        public FoundPage {
            found = List.copyOf(found);
        }
    }

    /**
     * What one device did for one tenant in one epoch; kept when the sessions are purged.
     *
     * @param epoch       the block
     * @param tenant      for whom
     * @param deviceId    which device
     * @param function    the proof function that it computed; empty where that was not kept yet
     * @param computed    nonces computed
     * @param found       those that count
     * @param deviceNanos how long the device was busy with them
     */
    record History(Epoch epoch, String tenant, String deviceId, String function, long computed, long found, long deviceNanos) {}

    /** What is stored cannot be read at the moment. The message holds no secret. */
    final class StoreException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        /** With what failed and, where there is one, the fix. */
        public StoreException(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
