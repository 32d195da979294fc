package io.bignode.broker;

import io.bignode.fixtures.Certificates;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Both ends of TLS between an embedded broker on this host and its workers. */
public record JoinTls(SSLContext server, SSLContext client, X509Certificate certificate) {
    /** What workers show. */
    public static final String TOKEN = "the-join-token-of-tests";
    private static final char[] PASSWORD = "of-the-test-alone".toCharArray();

    /** With a certificate that is made for it. */
    public static JoinTls in(Path folder) throws Exception {
        Certificates.Pair pair = Certificates.forLoopback(folder);
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        keys.setKeyEntry("server", pair.key(), PASSWORD, new Certificate[] {pair.certificate()});
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(keys, PASSWORD);
        SSLContext server = SSLContext.getInstance("TLS");
        server.init(own.getKeyManagers(), null, null);
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", pair.certificate());
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext client = SSLContext.getInstance("TLS");
        client.init(null, trust.getTrustManagers(), null);
        return new JoinTls(server, client, pair.certificate());
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
