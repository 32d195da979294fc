package io.bignode.delivery;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;

/**
 * Where a small node wants its batches pushed. Its path and query may hold secrets: only {@link #host} is ever shown.
 *
 * @param url http or https, with a host, without user and fragment
 */
public record CallbackUrl(URI url) {
    private static final int MAX_LENGTH = 2048;

    /** Refuses what {@link #fault} has something against. */
    public CallbackUrl {
        fault(url.toString()).ifPresent(reason -> {
            throw new IllegalArgumentException("a callback URL " + reason);
        });
    }

    /**
     * What is wrong with a callback URL; nothing of it is repeated.
     *
     * @return empty when it is a sound one, whether its host may be called or not
     */
    public static Optional<String> fault(String text) {
        if (text.length() > MAX_LENGTH) return Optional.of("has more than " + MAX_LENGTH + " characters");
        URI url;
        try {
            url = new URI(text);
        } catch (URISyntaxException e) {
            return Optional.of("is no URL; send http://HOST:PORT/PATH, or https");
        }
        String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
        if (!scheme.equals("http") && !scheme.equals("https")) return Optional.of("must begin with http:// or https://");
        if (url.getHost() == null || url.getHost().indexOf('%') >= 0) return Optional.of("names no host, or one that is not written in ASCII");
        if (url.getRawUserInfo() != null) return Optional.of("holds a user or password before its host; leave them out");
        if (url.getRawFragment() != null) return Optional.of("holds a fragment (#), which is never sent; leave it out");
        if (url.getPort() == 0 || url.getPort() > 65_535) return Optional.of("names no port from 1 to 65535");
        return Optional.empty();
    }

    /** The host as the URL names it, without the brackets of an IPv6 address. */
    public String host() {
        String host = url.getHost().toLowerCase(Locale.ROOT);
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    /** The port it names, or the scheme's own. */
    public int port() {
        if (url.getPort() > 0) return url.getPort();
        return secure() ? 443 : 80;
    }

    /** Whether it is called by https. */
    boolean secure() {
        return url.getScheme().equalsIgnoreCase("https");
    }

    /** What stands in the Host header. */
    String hostHeader() {
        return url.getPort() > 0 ? url.getHost() + ":" + url.getPort() : url.getHost();
    }

    /**
     * What is asked for: the URL's path with more behind it, and its query.
     *
     * @param more begins with a slash
     */
    String target(String more) {
        URI ascii = URI.create(url.toASCIIString());
        String path = ascii.getRawPath() == null ? "" : ascii.getRawPath();
        String query = ascii.getRawQuery() == null ? "" : "?" + ascii.getRawQuery();
        return path.replaceFirst("/+$", "") + more + query;
    }

    /** Its host and port alone. */
    @Override
    public String toString() {
        return url.getHost() + ":" + port();
    }
}
