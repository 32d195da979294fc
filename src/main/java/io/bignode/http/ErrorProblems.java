package io.bignode.http;

import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpHeaderValue;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Answers what is wrong before a request reaches the {@link RequestPipeline}, or with its body, in the same form as all else and without repeating any of it.
 * Where such a request ends nobody can tell, so that its connection ends with the answer.
 */
final class ErrorProblems extends ErrorHandler {
    @Override
    public boolean errorPageForMethod(String method) {
        return true;
    }

    @Override
    protected void generateResponse(
            Request request, Response response, int code, @Nullable String message, @Nullable Throwable cause, Callback callback) {
        Problem problem = problem(code);
        response.setStatus(problem.status());
        HttpFields.Mutable headers = response.getHeaders();
        byte[] document = fill(headers, problem);
        response.write(true, ByteBuffer.wrap(document), callback);
    }

    /** Jetty 12.1 asks here about a request that it could not read; a later version is to ask for a response only. */
    @Override
    @SuppressWarnings("removal")
    public ByteBuffer badMessageError(int status, String reason, HttpFields.Mutable headers) {
        return ByteBuffer.wrap(fill(headers, problem(status)));
    }

    private static byte[] fill(HttpFields.Mutable headers, Problem problem) {
        byte[] document = problem.document();
        headers.put(HttpHeader.CONTENT_TYPE, Problem.CONTENT_TYPE);
        headers.put(HttpHeader.CACHE_CONTROL, "no-store");
        headers.put(HttpHeader.CONNECTION, HttpHeaderValue.CLOSE);
        headers.put(HttpHeader.CONTENT_LENGTH, document.length);
        return document;
    }

    private static Problem problem(int status) {
        return switch (status) {
            case 408 -> Problem.late();
            case 413 -> Problem.tooLarge();
            case 414 -> Problem.longTarget();
            case 417 -> Problem.of(417, "Expectation Failed", "of all expectations this node meets 100-continue alone");
            case 431 -> Problem.of(431, "Request Header Fields Too Large", "the request's headers have more than " + HttpServer.MAX_HEAD_BYTES + " bytes");
            case 500 -> Problem.internal();
            // Whatever else the server calls it, it is a request it could not read, and a client told of a 5xx would send the same again.
            default -> Problem.malformed("the request, or the way its body is framed, is not valid HTTP");
        };
    }
}
