package io.bignode.session.store;

import io.bignode.protocol.Found;
import io.bignode.session.SessionStore.FoundPage;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Merges consecutive batches into a page until the page has the wanted number of bytes. */
final class PageBuilder {
    private final List<Found> found = new ArrayList<>();
    private final int maxBytes;
    private long last;
    private long bytes;

    PageBuilder(long after, int maxBytes) {
        this.last = after;
        this.maxBytes = maxBytes;
    }

    /** Whether the page has the wanted number of bytes. */
    boolean full() {
        return bytes >= maxBytes;
    }

    /** The number of the last batch in the page. */
    long last() {
        return last;
    }

    /**
     * Adds the session's next batch.
     *
     * @throws SQLException when it is not the next one: one in between is lost
     */
    void add(long number, List<Found> batch, int batchBytes) throws SQLException {
        if (number != last + 1) throw new SQLException("batch " + (last + 1) + " is missing, the next is " + number, Databases.DAMAGED);
        last = number;
        found.addAll(batch);
        bytes += batchBytes;
    }

    FoundPage page() {
        return new FoundPage(found, last);
    }
}
