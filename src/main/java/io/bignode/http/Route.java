package io.bignode.http;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One line of the API's table.
 *
 * @param method     GET, POST or DELETE
 * @param template   the path; a segment in braces matches any one segment that is not empty, and {@code {token}} a token
 * @param credential where its token may stand
 * @param resource   answers it
 */
public record Route(String method, String template, Credential credential, Resource resource) {

    private static final String TOKEN = "{token}";

    /** Where a request may carry its token. The deployed dialect's places count only on its own paths, and only without a bearer token. */
    public enum Credential {
        NONE,
        BEARER,
        /** A bearer token, or none at all; a wrong one is refused. */
        OPTIONAL_BEARER,
        BEARER_OR_QUERY,
        BEARER_OR_BODY,
        /** A bearer token, or the segment {@code {token}} of the path. */
        BEARER_OR_PATH,
        /** The operator's bearer token; no small node's counts. */
        OPERATOR,
        /** A bearer token of a tenant, or the operator's. */
        VIEWER
    }

    /** Answers the requests of a route. */
    @FunctionalInterface
    public interface Resource {
        /**
         * Answers one request through {@code reply}.
         *
         * @throws ProblemException     when it is refused
         * @throws IOException          when the client is gone
         * @throws InterruptedException when the server stops
         */
        void serve(Request call, Reply reply) throws ProblemException, IOException, InterruptedException;
    }

    /**
     * Whether a path is one of this route's.
     *
     * @return what stands at the last braces, empty text where the template has none; empty when it is another path
     */
    Optional<String> match(String path) {
        List<String> wanted = segments(template);
        List<String> given = segments(path);
        if (wanted.size() != given.size()) return Optional.empty();
        String parameter = "";
        for (int i = 0; i < given.size(); i++) {
            if (wanted.get(i).startsWith("{")) {
                if (given.get(i).isEmpty()) return Optional.empty();
                if (!wanted.get(i).equals(TOKEN)) parameter = given.get(i);
            } else if (!wanted.get(i).equals(given.get(i))) {
                return Optional.empty();
            }
        }
        return Optional.of(parameter);
    }

    /** The token in one of this route's paths; empty where the template has none. */
    Optional<String> token(String path) {
        int place = segments(template).indexOf(TOKEN);
        return place < 0 ? Optional.empty() : Optional.of(segments(path).get(place));
    }

    private static List<String> segments(String path) {
        return Arrays.asList(path.split("/", -1));
    }
}
