/**
 * The web server, without a word of what it serves: connections and their limits, requests and their bodies, tokens, answers, streams, static pages.
 * Jetty stands only here.
 *
 * <p>In come requests; out go what a {@link io.bignode.http.Service} answers, and every error as a problem document (RFC 9457).
 *
 * <p>Invariants: nothing but a health check is answered before the token was seen; nothing is read or allocated for a body beyond its limit; a token never
 * reaches a log or an answer; a batch counts as handed out only when the socket took the whole answer.
 */
@NullMarked
package io.bignode.http;

import org.jspecify.annotations.NullMarked;
