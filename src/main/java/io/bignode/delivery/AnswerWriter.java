package io.bignode.delivery;

import io.bignode.session.Batches;
import java.io.IOException;

/** Writes a poll's answer to the small node's socket. */
@FunctionalInterface
public interface AnswerWriter {
    /**
     * Writes the whole answer and flushes it; returns normally only when the socket took all of it.
     *
     * @throws IOException when it did not; the batches then stay undelivered
     */
    void write(Batches batches) throws IOException;
}
