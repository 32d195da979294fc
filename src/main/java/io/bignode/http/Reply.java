package io.bignode.http;

import java.io.IOException;

/** Writes the one answer of a request. */
interface Reply {
    /**
     * Writes the whole answer; returns normally only when the socket took all of it.
     *
     * @throws IOException when the client is gone
     */
    void send(Answer answer) throws IOException;

    /** Begins an answer of events; nothing else can be answered from then on. */
    EventStream events();
}
