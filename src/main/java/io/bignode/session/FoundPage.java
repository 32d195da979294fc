package io.bignode.session;

import io.bignode.protocol.Found;
import java.util.List;

/**
 * Consecutive batches, merged.
 *
 * @param found what they hold, in order
 * @param last  the number of the last of them; the number read after where there is none
 */
public record FoundPage(List<Found> found, long last) {
    /** Copies the list. */
    public FoundPage {
        found = List.copyOf(found);
    }
}
