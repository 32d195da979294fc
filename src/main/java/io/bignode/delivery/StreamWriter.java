package io.bignode.delivery;

import java.io.IOException;

/** Writes a stream of answers to the small node's socket. */
public interface StreamWriter extends AnswerWriter {
    /**
     * Shows that both ends still live; the first of these begins the stream.
     *
     * @throws IOException when the small node is gone
     */
    void beat() throws IOException;
}
