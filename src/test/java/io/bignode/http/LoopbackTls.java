package io.bignode.http;

import io.bignode.fixtures.Certificates;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** Both ends of TLS for a server of this machine's loopback interface. */
final class LoopbackTls {
    private static final char[] PASSWORD = "of-the-test-alone".toCharArray();

    private final SSLContext server = SSLContext.getInstance("TLS");
    private final SSLContext client = SSLContext.getInstance("TLS");

    LoopbackTls(Certificates.Pair pair) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("server", pair.key(), PASSWORD, new Certificate[] {pair.certificate()});
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, PASSWORD);
        server.init(keys.getKeyManagers(), null, null);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", pair.certificate());
        trust.init(trusted);
        client.init(null, trust.getTrustManagers(), null);
    }

    /** Proves the server's identity. */
    SSLContext server() {
        return server;
    }

    /** A connection to the server, after the handshake. */
    SSLSocket connect(int port) throws IOException {
        Socket plain = new Socket(InetAddress.getLoopbackAddress(), port);
        plain.setSoTimeout(10_000);
        SSLSocket socket = (SSLSocket) client.getSocketFactory().createSocket(plain, "127.0.0.1", port, true);
        socket.startHandshake();
        return socket;
    }
}
