package io.bignode.cli.operate;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;

/** Says in plain words why no answer came from a node, and what to do about it. */
public final class ConnectionFault {
    private static final String OTHER_NODE = "is one running there? Start one with ./bignode serve, or name another with --url";

    private static final int PATIENCE_MILLIS = 2_000;

    private ConnectionFault() {}

    /** The reason and the fix. */
    public static String describe(URI base, IOException fault) {
        String message = fault.getMessage() == null ? "" : fault.getMessage();
        return switch (fault) {
            case HttpConnectTimeoutException _ ->
                "the connection is not made in time: check that scheme, host and port in --url are right and that no firewall is between";
            case HttpTimeoutException _ -> "the server accepts the connection but does not answer in time: check that a big node listens there";
            case ConnectException _ when caused(fault, UnresolvedAddressException.class) -> "there is no host " + base.getHost() + ": correct it in --url";
            case ConnectException _ -> unreachable(fault) + ": " + OTHER_NODE;
            case SSLHandshakeException _ when message.contains("PKIX") -> "its certificate is not trusted: give its authority's with --ca FILE";
            case SSLHandshakeException _ when message.contains("No subject alternative") || message.contains("No name matching") ->
                "its certificate is for another host than " + base.getHost() + ": name in --url the host that stands in the certificate";
            case SSLException _ when message.contains("Unsupported or unrecognized SSL message") || message.contains("plaintext connection") ->
                withoutTls(base);
            case IOException _ when "https".equals(base.getScheme()) && answersPlainHttp(base) -> withoutTls(base);
            case SSLException _ -> "TLS failed, " + printable(message) + ": check that a big node listens there";
            default -> broken(base, message);
        };
    }

    /** The client's own exception has no message; what the system said stands in one of its causes. */
    private static String unreachable(IOException fault) {
        return Stream.<Throwable>iterate(fault, it -> it != null, Throwable::getCause)
                .map(Throwable::getMessage)
                .filter(it -> it != null && !it.contains("refused") && !it.isBlank())
                .map(ConnectionFault::printable)
                .findFirst()
                .orElse("the connection is refused");
    }

    private static String broken(URI base, String message) {
        if (message.contains("status line") && "http".equals(base.getScheme())) {
            return "the server there does not speak http; if it is a big node with https, use " + withScheme(base, "https")
                    + ", and --ca FILE if its certificate comes from an authority of its own";
        }
        String reason = message.isEmpty() || message.contains("no bytes") ? "the connection ended without an answer" : printable(message);
        return reason + ": check that a big node listens there, and whether it speaks "
                + ("http".equals(base.getScheme()) ? "https: " + withScheme(base, "https") : "http: " + withScheme(base, "http"));
    }

    /**
     * A server without TLS may close the connection so early that its own answer to the handshake is lost; asked in plain words it
     * cannot be mistaken. A server with TLS that answers plain words at all, as nginx does, answers 400. Nothing secret is sent.
     */
    private static boolean answersPlainHttp(URI base) {
        int port = base.getPort() < 0 ? 443 : base.getPort();
        byte[] question = ("HEAD / HTTP/1.1\r\nHost: " + base.getRawAuthority() + "\r\nConnection: close\r\n\r\n").getBytes(US_ASCII);
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(base.getHost(), port), PATIENCE_MILLIS);
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.getOutputStream().write(question);
            String status = new String(socket.getInputStream().readNBytes("HTTP/1.1 200".length()), US_ASCII);
            return status.startsWith("HTTP/") && !status.endsWith(" 400");
        } catch (IOException _) {
            return false;
        }
    }

    private static String withoutTls(URI base) {
        return "it does not speak https: use " + withScheme(base, "http");
    }

    private static String withScheme(URI base, String scheme) {
        return "--url " + scheme + base.toString().substring(base.getScheme().length());
    }

    private static boolean caused(Throwable fault, Class<? extends Throwable> by) {
        return Stream.iterate(fault, it -> it != null, Throwable::getCause).anyMatch(by::isInstance);
    }

    /** What an unknown server sent may stand in a message. */
    private static String printable(String message) {
        return message.replaceAll("[^\\x20-\\x7e]", "?");
    }
}
