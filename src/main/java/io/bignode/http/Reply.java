package io.bignode.http;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;

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

    /**
     * Has another server answer the request, and passes its answer on as it comes. Of the request's head go only what says what the body is and what the client
     * takes, and what traces a call; nothing that tells who the client is. Redirects are not followed.
     *
     * @param to       the whole URL
     * @param bearer   the token that the other server is shown; empty for none
     * @param maxBody  the most bytes of the request's body that are passed on
     * @param patience how long all of it may take
     * @throws ForwardException     when the other server did not answer; the client was not answered either then
     * @throws ProblemException     when the request's body is too large
     * @throws IOException          when the client is gone, or the other server ended its answer in the middle
     * @throws InterruptedException when the server stops
     */
    void forward(URI to, Optional<String> bearer, long maxBody, Duration patience) throws ForwardException, ProblemException, IOException, InterruptedException;

    /** Begins an answer of events; nothing else can be answered from then on. */
    EventStream events();
}
