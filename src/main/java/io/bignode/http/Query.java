package io.bignode.http;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A request's query string, decoded name by name as it is asked for, so that a stray {@code %} elsewhere in it hurts nobody. */
public final class Query {
    private final String raw;

    Query(String raw) {
        this.raw = raw;
    }

    /**
     * The value of a parameter.
     *
     * @return empty when it is missing
     * @throws ProblemException when it is there more than once or badly encoded
     */
    public Optional<String> value(String name) throws ProblemException {
        List<String> values = new ArrayList<>();
        for (String pair : raw.split("&", -1)) {
            int equals = pair.indexOf('=');
            if (equals >= 0 && pair.substring(0, equals).equals(name))
                values.add(decoded(name, pair.substring(equals + 1)));
        }
        if (values.size() > 1) throw new ProblemException(Problem.invalid(name, "must be given once"));
        return values.stream().findFirst();
    }

    private static String decoded(String name, String text) throws ProblemException {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new ProblemException(Problem.invalid(name, "is not percent-encoded correctly"));
        }
    }
}
