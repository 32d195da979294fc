package io.bignode.broker;

import io.bignode.fixtures.Certificates;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/** Both ends of TLS between an embedded broker on this host and its workers. */
public record JoinTls(SSLContext server, SSLContext client, X509Certificate certificate) {
    /** What workers show. */
    public static final String TOKEN = "the-join-token-of-tests";

    /** With a certificate that is made for it. */
    public static JoinTls made() throws Exception {
        Certificates.Pair pair = Certificates.forLoopback();
        return new JoinTls(pair.server(), pair.client(), pair.certificate());
    }

    /** A broker that workers get in to, with its journal below a folder of the test. */
    public EmbeddedBroker broker(Path folder) throws Exception {
        return EmbeddedBroker.start(folder.resolve("broker"), Optional.of(door()), TOKEN::equals);
    }

    /** Where the broker listens: on a port that is free. */
    public EmbeddedBroker.Door door() {
        return new EmbeddedBroker.Door("127.0.0.1", 0, server);
    }

    /** How a worker of this name gets in. */
    public BrokerAccess access(int port, String worker) {
        return new BrokerAccess(new BrokerAccess.Tls("127.0.0.1", port, client, true), worker, TOKEN);
    }
}
