package io.bignode.cli.terminal;

import java.net.URI;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The token that stands in the path of an ML node's address. What is shown of such an address does not hold it. */
public final class UrlToken {
    private static final Pattern PATH = Pattern.compile("(/mlnode/)([^/\\s'\"?#]+)");

    private UrlToken() {}

    /** A text with an ellipsis where it holds such a token. */
    public static String hidden(String text) {
        return PATH.matcher(text).replaceAll("$1…");
    }

    /** The token in an address; empty where there is none. */
    public static Optional<String> of(URI address) {
        Matcher matcher = PATH.matcher(String.valueOf(address.getPath()));
        return matcher.find() ? Optional.of(matcher.group(2)) : Optional.empty();
    }
}
