package io.bignode.http;

import java.io.IOException;

/** Writes the answer of a request; each request has exactly one. */
public interface Reply {
    /**
     * Writes the whole answer; returns normally only when the socket took all of it.
     *
     * @throws IOException when the client is gone
     */
    void send(Answer answer) throws IOException;

    /**
     * Makes sure that a client that was kept waiting is still there, as far as that can be told: writing to one that hung up succeeds at first.
     *
     * @throws IOException when it hung up
     */
    default void requireClient() throws IOException {}

    /** Begins an answer of events; nothing else can be answered from then on. */
    EventStream events();
}
