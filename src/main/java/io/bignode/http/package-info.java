/**
 * The HTTP edge: both dialects of the small nodes' API on one port.
 *
 * <p>In come requests; out go sessions started, polled and stopped, and every error as a problem document (RFC 9457). Jetty stands only
 * here.
 *
 * <p>Invariants: nothing but a health check is answered before the token was seen; nothing is read or allocated for a body beyond its
 * limit; a token never reaches a log or an answer; a batch counts as handed out only when the socket took the whole answer.
 */
@NullMarked
package io.bignode.http;

import org.jspecify.annotations.NullMarked;
