package io.bignode.cli.rehearse;

import io.bignode.node.CommandException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where callbacks are to arrive.
 *
 * @param host   the host that the node is told
 * @param listen where this program listens; port 0 takes any free one
 */
record CallbackAddress(String host, InetSocketAddress listen) {
    private static final Pattern GIVEN = Pattern.compile("(\\[[0-9A-Fa-f:.]+]|[0-9A-Za-z.-]+)(?::([0-9]{1,5}))?");
    private static final int MAX_PORT = 65_535;
    private static final int PATIENCE_MILLIS = 5_000;

    /**
     * An address as it was typed. It may be that of a router or of a tunnel, so that this program listens at every address of this host.
     *
     * @throws CommandException when it is none
     */
    static CallbackAddress of(String given) {
        Matcher matcher = GIVEN.matcher(given);
        int port = matcher.matches() && matcher.group(2) != null ? Integer.parseInt(matcher.group(2)) : 0;
        if (!matcher.matches() || port > MAX_PORT) {
            throw CommandException.usage("--callback is '" + given + "'; it must be HOST or HOST:PORT, for instance 203.0.113.7:9100");
        }
        return new CallbackAddress(matcher.group(1), new InetSocketAddress(port));
    }

    /** This host's address as the node would see it; empty where the node cannot be reached. */
    static Optional<CallbackAddress> towards(URI node) {
        int port = node.getPort() > 0 ? node.getPort() : "https".equals(node.getScheme()) ? 443 : 80;
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(node.getHost().replaceAll("[\\[\\]]", ""), port), PATIENCE_MILLIS);
            InetAddress own = socket.getLocalAddress();
            String text = own.getHostAddress().replaceFirst("%.*", "");
            return Optional.of(new CallbackAddress(text.contains(":") ? "[" + text + "]" : text, new InetSocketAddress(own, 0)));
        } catch (IOException away) {
            return Optional.empty();
        }
    }
}
