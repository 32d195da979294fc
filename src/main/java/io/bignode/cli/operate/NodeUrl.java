package io.bignode.cli.operate;

import io.bignode.cli.terminal.UrlToken;
import io.bignode.node.CommandException;
import java.net.URI;
import java.net.URISyntaxException;
import picocli.CommandLine.TypeConversionException;

/** Checks the address of a node that was given on the command line. */
public final class NodeUrl {
    private static final String LIKE = "must look like http://HOST:9090 or https://HOST:9090";

    private static final int MAX_PORT = 65_535;

    private NodeUrl() {}

    /** A URL as it was typed; a text that is no URL is refused in plain words. */
    public static URI parsed(String text) {
        try {
            return new URI(text.strip());
        } catch (URISyntaxException none) {
            throw new TypeConversionException("'" + UrlToken.hidden(text) + "' is no URL; it " + LIKE);
        }
    }

    /**
     * A node's address without the path of a call, such as http://HOST:9090, and without a slash at its end.
     *
     * @throws CommandException when it is none
     */
    public static URI checked(URI url) {
        boolean web = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
        if (!web || url.getHost() == null) {
            boolean schemeless = !url.toString().contains("://") && !url.toString().isBlank();
            String shown = UrlToken.hidden(url.toString());
            throw CommandException.usage("--url is '" + shown + "'; it " + LIKE + (schemeless ? "; did you mean http://" + shown + "?" : ""));
        }
        if (url.getPort() > MAX_PORT) throw CommandException.usage("--url has port " + url.getPort() + "; ports end at " + MAX_PORT);
        // It may hold a password: it is not repeated.
        if (url.getUserInfo() != null || url.getQuery() != null || url.getFragment() != null) throw CommandException.usage("--url " + LIKE
                + " and hold nothing else");
        if (url.getPath().contains("/api/")) throw CommandException.usage("--url must end where /api/v1 begins, for instance http://HOST:9090");
        return URI.create(url.toString().replaceFirst("/+$", ""));
    }
}
