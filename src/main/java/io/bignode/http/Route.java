package io.bignode.http;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One line of the API's table.
 *
 * @param method     GET, POST or DELETE
 * @param template   the path; a segment in braces matches any one segment that is not empty, {@code {token}} a token, and {@code {NAME*}} at the end all that
 *                   follows, one segment or more
 * @param credential where its token may stand
 * @param maxBody    the most bytes that a request's body may have
 * @param resource   answers it
 */
public record Route(String method, String template, Credential credential, long maxBody, Resource resource) {

    /** The most bytes that a body usually has. */
    public static final long USUAL_BODY = RequestBody.LIMIT;

    private static final String TOKEN = "{token}";
    private static final String REST = "*}";

    /** A route whose requests have bodies of the usual size at most. */
    public Route(String method, String template, Credential credential, Resource resource) {
        this(method, template, credential, USUAL_BODY, resource);
    }

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
        VIEWER,
        /** None: whoever reaches the port is one tenant, but for pages of browsers, which name where they come from. */
        LOCAL
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
     * @return what stands at the last braces of one segment, empty text where the template has none; empty when it is another path
     */
    Optional<String> match(String path) {
        List<String> wanted = segments(template);
        List<String> given = segments(path);
        if (wanted.getLast().endsWith(REST)) {
            wanted = wanted.subList(0, wanted.size() - 1);
            if (given.size() <= wanted.size() || given.subList(wanted.size(), given.size()).contains("")) return Optional.empty();
            given = given.subList(0, wanted.size());
        }
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

    /** What stands in one of this route's paths where its template has {@code {NAME*}}, without a slash before it; empty text where it has none. */
    String rest(String path) {
        List<String> wanted = segments(template);
        if (!wanted.getLast().endsWith(REST)) return "";
        List<String> given = segments(path);
        return String.join("/", given.subList(wanted.size() - 1, given.size()));
    }

    private static List<String> segments(String path) {
        return Arrays.asList(path.split("/", -1));
    }
}
