package io.bignode.http;

import io.bignode.json.Fault;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An error as its client reads it (RFC 9457).
 *
 * @param status  the HTTP status
 * @param title   the same for every problem of its kind
 * @param detail  what is wrong here and what would be right; never a token, never a part of the request's body
 * @param faults  the fields that are wrong; empty where no field is
 * @param headers what the answer must carry besides
 */
public record Problem(int status, String title, String detail, List<Fault> faults, Map<String, String> headers) {

    /** The media type of {@link #document}. */
    static final String CONTENT_TYPE = "application/problem+json";

    /** 400 for a request that is not valid HTTP; nothing more can be read from such a connection. */
    public static Problem malformed(String detail) {
        return of(400, "Bad Request", detail).closing();
    }

    /** 408 for a body that did not arrive in time; nobody can tell where it would have ended, so that the connection ends. */
    public static Problem late() {
        return of(408, "Request Timeout", "the request's body did not come in time").closing();
    }

    /** 429 for a client that has too many connections. */
    public static Problem crowded(String detail) {
        return full(detail, Duration.ofSeconds(1)).closing();
    }

    public static Problem unauthorized() {
        String detail = "a valid token is required: Authorization: Bearer <token>";
        return new Problem(401, "Unauthorized", detail, List.of(), Map.of("WWW-Authenticate", "Bearer"));
    }

    public static Problem notFound(String detail) {
        return of(404, "Not Found", detail);
    }

    public static Problem methodNotAllowed(String allowed) {
        return new Problem(
                405, "Method Not Allowed", "this path takes " + allowed, List.of(), Map.of("Allow", allowed));
    }

    public static Problem tooLarge() {
        return tooLarge(RequestBody.LIMIT);
    }

    /** 413 for a body that has more bytes than its path takes. */
    static Problem tooLarge(long max) {
        return tooLarge("a body may have " + max + " bytes at most");
    }

    public static Problem tooLarge(String detail) {
        return of(413, "Content Too Large", detail).closing();
    }

    public static Problem longTarget() {
        return of(414, "URI Too Long", "the request line is too long").closing();
    }

    public static Problem invalid(List<Fault> faults) {
        StringBuilder detail = new StringBuilder();
        for (Fault fault : faults) {
            if (!detail.isEmpty()) detail.append("; ");
            detail.append(fault.field().isEmpty() ? "the body" : fault.field())
                    .append(' ')
                    .append(fault.message());
        }
        return new Problem(422, "Unprocessable Content", detail.toString(), faults, Map.of());
    }

    public static Problem invalid(String field, String message) {
        return invalid(List.of(new Fault(field, message)));
    }

    public static Problem full(String detail, Duration retryAfter) {
        return retry(429, "Too Many Requests", detail, retryAfter);
    }

    public static Problem unavailable(String detail, Duration retryAfter) {
        return retry(503, "Service Unavailable", detail, retryAfter);
    }

    /** 502 where another server was to answer and did not. */
    public static Problem badGateway(String detail) {
        return of(502, "Bad Gateway", detail);
    }

    public static Problem internal() {
        return of(500, "Internal Server Error", "this node failed to answer; its log says why");
    }

    public static Problem of(int status, String title, String detail) {
        return new Problem(status, title, detail, List.of(), Map.of());
    }

    /** The problem as a JSON document (RFC 9457). */
    public byte[] document() {
        return Answer.object(json -> {
            json.writeStringField("type", "about:blank");
            json.writeStringField("title", title);
            json.writeNumberField("status", status);
            json.writeStringField("detail", sentence());
            if (faults.isEmpty()) return;
            json.writeArrayFieldStart("errors");
            for (Fault fault : faults) {
                json.writeStartObject();
                json.writeStringField("field", fault.field());
                json.writeStringField("message", fault.message());
                json.writeEndObject();
            }
            json.writeEndArray();
        });
    }

    /** The detail, and when to ask again where that makes sense. It stays apart from the detail because a log would never see the same text twice. */
    String sentence() {
        String seconds = headers.get("Retry-After");
        return seconds == null ? detail : detail + "; ask again in " + seconds + " s";
    }

    /** This problem, after which the connection is closed. */
    public Problem closing() {
        Map<String, String> all = new HashMap<>(headers);
        all.put("Connection", "close");
        return new Problem(status, title, detail, faults, Map.copyOf(all));
    }

    public Answer answer() {
        return new Answer(status, CONTENT_TYPE, headers, document());
    }

    private static Problem retry(int status, String title, String detail, Duration retryAfter) {
        long seconds = Math.max(1, retryAfter.plusNanos(999_999_999).toSeconds());
        return new Problem(status, title, detail, List.of(), Map.of("Retry-After", Long.toString(seconds)));
    }
}
