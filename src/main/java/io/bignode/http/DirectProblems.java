package io.bignode.http;

import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.DirectHandlers;

/** Answers what is wrong before a request reaches the {@link Edge} in the same form as all else, and without repeating any of it. */
final class DirectProblems implements DirectHandler {

    /** For every kind of failure there is. */
    static DirectHandlers handlers() {
        DirectHandlers.Builder handlers = DirectHandlers.builder();
        for (EventType type : EventType.values()) handlers.addHandler(type, new DirectProblems());
        return handlers.build();
    }

    private DirectProblems() {}

    @Override
    public TransportResponse handle(
            TransportRequest request, EventType type, Status status, ServerResponseHeaders headers, String message) {
        Problem problem = problem(status.code());
        TransportResponse.Builder response = TransportResponse.builder()
                .status(Status.create(problem.status()))
                .headers(headers)
                .header(HeaderNames.CONTENT_TYPE, "application/problem+json")
                .header(HeaderNames.CACHE_CONTROL, "no-store")
                .keepAlive(false)
                .entity(problem.document());
        return response.build();
    }

    private static Problem problem(int status) {
        if (status == 413) return Problem.tooLarge(RequestBody.LIMIT);
        if (status == 414) return Problem.of(414, "URI Too Long", "the request line is too long");
        // Failures of this node's own end at the edge. What Helidon calls an internal error, not implemented or an
        // unsupported version is a request it
        // could not read, and a client told of a 5xx would send the same again.
        return Problem.malformed("this is no HTTP/1.1 request this node can read");
    }
}
