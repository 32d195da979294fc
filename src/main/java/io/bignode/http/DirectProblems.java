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
    public TransportResponse handle(TransportRequest request, EventType type, Status status, ServerResponseHeaders headers, String message) {
        Problem problem = problem(type, status.code());
        TransportResponse.Builder response = TransportResponse.builder()
                .status(Status.create(problem.status()))
                .headers(headers)
                .header(HeaderNames.CONTENT_TYPE, "application/problem+json")
                .header(HeaderNames.CACHE_CONTROL, "no-store")
                .keepAlive(false)
                .entity(problem.document());
        return response.build();
    }

    private static Problem problem(EventType type, int status) {
        if (status == 413) return Problem.tooLarge(RequestBody.LIMIT);
        if (status == 414) return Problem.of(414, "URI Too Long", "the request line is too long");
        if (type == EventType.INTERNAL_ERROR) return Problem.internal();
        // Helidon's 501 and 505 are the client's faults too, and a client that sees a 5xx would try again.
        return Problem.of(400, "Bad Request", "this is no HTTP/1.1 request this node can read");
    }
}
