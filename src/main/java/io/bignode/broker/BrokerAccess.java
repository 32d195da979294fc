package io.bignode.broker;

import javax.net.ssl.SSLContext;

/**
 * How to reach a broker, and with which credentials.
 *
 * @param route  where it is
 * @param user   a worker's name, or the head's
 * @param secret the password that goes with the user
 */
public record BrokerAccess(Route route, String user, String secret) {
    /** Where a broker is. */
    public sealed interface Route {}

    /**
     * In this process.
     *
     * @param serverId which of those in this process
     */
    public record InVm(int serverId) implements Route {}

    /**
     * Over TCP and TLS.
     *
     * @param host       its address or name
     * @param port       its port
     * @param tls        what is trusted
     * @param verifyHost whether the certificate must be the host's by name; needless where one certificate alone is trusted
     */
    public record Tls(String host, int port, SSLContext tls, boolean verifyHost) implements Route {}

    /**
     * A broker of its own, as Artemis' clients write it.
     *
     * @param url for instance {@code (tcp://a:61616,tcp://b:61616)?ha=true}
     */
    public record External(String url) implements Route {}

    /** Shows the user and never the secret. */
    @Override
    public String toString() {
        return "BrokerAccess[" + user + "]";
    }
}
