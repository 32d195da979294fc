package io.bignode.http;

import io.bignode.fixtures.Certificates;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** Both ends of TLS for a server of this machine's loopback interface. */
final class LoopbackTls {
    private final SSLContext server;
    private final SSLContext client;

    LoopbackTls(Certificates.Pair pair) throws GeneralSecurityException, IOException {
        server = pair.server();
        client = pair.client();
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
