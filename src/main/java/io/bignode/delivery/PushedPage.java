package io.bignode.delivery;

import io.bignode.monitor.Alarms;
import io.bignode.protocol.Found;
import io.bignode.session.Session;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * What is being pushed of a session: found nonces, in their order, in as many documents as they need. What was taken is not sent again when a later document
 * fails. Used by one thread.
 *
 * <p>Where one nonce has a whole document refused, the document is halved until that nonce stands alone. It is set aside, with an alarm, if any other of the page
 * was taken; where all are refused none of them is to blame. A page all of which was refused, as that of a stage that is over, is tried again by a few single nonces,
 * so that it does not cost those who still wait for theirs.
 */
final class PushedPage {
    private static final System.Logger LOG = System.getLogger(Push.class.getName());
    private static final int REFUSED = 400;
    private static final String EVERY = "every nonce is refused by HTTP status " + REFUSED;

    /** So many single nonces of a page that was refused are sent before all of it is. They are drawn anew each time, as some may be to blame after all. */
    private static final int PROBES = 2;

    private final Session session;
    private final Push.BatchBody body;
    private final DeliveryObserver observer;
    private final Alarms alarms;

    /** The cursor behind which the page begins, and how many of its nonces were taken. */
    private long begins = -1;

    private int taken;

    /** Refusals in a row, and whether they were so many the last time that the reason is none of the nonces. */
    private int refusals;

    private boolean refusesAll;

    /** So many refusals in a row and the reason is none of a document's nonces. */
    private int most;

    /** Posts a document; returns the status of the answer. */
    @FunctionalInterface
    interface Post {
        int send(List<Found> batch) throws IOException, InterruptedException;
    }

    PushedPage(Session session, Push.BatchBody body, DeliveryObserver observer, Alarms alarms) {
        this.session = session;
        this.body = body;
        this.observer = observer;
        this.alarms = alarms;
    }

    /**
     * Sends found nonces.
     *
     * @param found  all that were not settled
     * @param cursor behind which they stand
     * @return why they were not all taken; null when they were
     */
    @Nullable String send(List<Found> found, long cursor, Post post) throws IOException, InterruptedException {
        if (cursor != begins) taken = 0;
        begins = cursor;
        refusals = 0;
        List<Found> left = found.subList(Math.min(taken, found.size()), found.size());
        boolean someAreTaken = false;
        if (refusesAll && left.size() > PROBES) {
            int status = probe(left, post);
            if (!isTaken(status)) return status == REFUSED ? EVERY : failure(status);
            someAreTaken = true;
        }
        refusesAll = false;
        List<Found> refused = new ArrayList<>();
        for (List<Found> batch : body.batches(session, left)) {
            // It takes the logarithm to halve a document to one nonce; twice that finds a few that stand together, and more where some are known to be taken.
            most = someAreTaken ? Integer.MAX_VALUE : 4 + 2 * (Integer.SIZE - Integer.numberOfLeadingZeros(batch.size()));
            String failure = send(batch, refused, post);
            if (failure != null) return failure;
        }
        if (refused.isEmpty()) return null;
        if (refused.size() == found.size()) {
            refusesAll = true;
            return EVERY;
        }
        for (Found one : refused) setAside(one);
        return null;
    }

    /** Sends a few single nonces until one is not refused; it is sent once more with its page where it is taken, and skipped by who has it. */
    private static int probe(List<Found> left, Post post) throws IOException, InterruptedException {
        int status = REFUSED;
        for (int probe = 0; probe < PROBES && status == REFUSED; probe++) {
            status = post.send(List.of(left.get(ThreadLocalRandom.current().nextInt(left.size()))));
        }
        return status;
    }

    private static boolean isTaken(int status) {
        return status >= 200 && status <= 299;
    }

    private static String failure(int status) {
        return "the answer was HTTP status " + status;
    }

    /** How many of the nonces behind a cursor were taken already. */
    int taken(long cursor) {
        return cursor == begins ? taken : 0;
    }

    private @Nullable String send(List<Found> batch, List<Found> refused, Post post) throws IOException, InterruptedException {
        int status = post.send(batch);
        if (isTaken(status)) {
            refusals = 0;
            observer.pushed(session.order().tenant(), batch.size());
            // What is refused stands before what is taken only until the page is done, and is sent again if that fails.
            if (refused.isEmpty()) taken += batch.size();
            return null;
        }
        if (status != REFUSED || !body.refusedForOne(session)) return failure(status);
        if (++refusals > most) {
            refusesAll = true;
            return EVERY;
        }
        if (batch.size() == 1) {
            refused.add(batch.getFirst());
            return null;
        }
        int half = batch.size() / 2;
        String failure = send(batch.subList(0, half), refused, post);
        return failure != null ? failure : send(batch.subList(half, batch.size()), refused, post);
    }

    private void setAside(Found refused) {
        String text = "session " + session.id() + " of node " + session.order().nodeId() + ": nonce " + refused.nonce() + " is refused by HTTP status " + REFUSED
                + " and set aside";
        LOG.log(System.Logger.Level.WARNING, "{0}", text);
        alarms.raise("push/set-aside", text, "look at the log of that small node, and at the device that computed the nonce; polls can still fetch it");
    }
}
