package io.bignode.http;

import io.helidon.common.tls.Tls;
import io.helidon.webserver.WebServerConfig;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.security.KeyManagementException;
import java.security.SecureRandom;
import java.time.Duration;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;

/**
 * Serves over TLS 1.3 and 1.2. Helidon's handshakes have no time limit, and its socket options none that would reach them; here each
 * connection gets one as its TLS socket is made.
 */
final class TlsListener {
    private static final String[] VERSIONS = {"TLSv1.3", "TLSv1.2"};

    private TlsListener() {}

    /**
     * Adds TLS to a server.
     *
     * @param context whom each new connection asks who this server is
     * @param stalled how long a client may send nothing, in a handshake too
     */
    static void serve(WebServerConfig.Builder server, SSLContext context, Duration stalled) {
        SSLContext patient = new SSLContext(new Patient(context, (int) stalled.toMillis()), context.getProvider(), context.getProtocol()) {};
        // Over NIO Helidon would ask the name service for each client's name, and the sockets could have no time limit.
        server.useNio(false).tls(Tls.builder().sslContext(patient).build());
    }

    /** Makes sockets that do not wait for ever. */
    private static final class Patient extends SSLContextSpi {
        private final SSLContext context;
        private final int millis;

        Patient(SSLContext context, int millis) {
            this.context = context;
            this.millis = millis;
        }

        @Override
        protected void engineInit(KeyManager[] keys, TrustManager[] trust, SecureRandom random) throws KeyManagementException {
            throw new KeyManagementException("it was initialised before");
        }

        @Override
        protected SSLSocketFactory engineGetSocketFactory() {
            return new Sockets(context.getSocketFactory(), millis);
        }

        @Override
        protected SSLServerSocketFactory engineGetServerSocketFactory() {
            return context.getServerSocketFactory();
        }

        @Override
        protected SSLEngine engineCreateSSLEngine() {
            return context.createSSLEngine();
        }

        @Override
        protected SSLEngine engineCreateSSLEngine(String host, int port) {
            return context.createSSLEngine(host, port);
        }

        @Override
        protected SSLSessionContext engineGetServerSessionContext() {
            return context.getServerSessionContext();
        }

        @Override
        protected SSLSessionContext engineGetClientSessionContext() {
            return context.getClientSessionContext();
        }

        @Override
        protected SSLParameters engineGetDefaultSSLParameters() {
            return context.getDefaultSSLParameters();
        }

        @Override
        protected SSLParameters engineGetSupportedSSLParameters() {
            return context.getSupportedSSLParameters();
        }
    }

    /** Makes a server's TLS sockets over connections that are there; it connects to nobody. */
    private static final class Sockets extends SSLSocketFactory {
        private final SSLSocketFactory sockets;
        private final int millis;

        Sockets(SSLSocketFactory sockets, int millis) {
            this.sockets = sockets;
            this.millis = millis;
        }

        @Override
        public Socket createSocket(Socket plain, InputStream consumed, boolean autoClose) throws IOException {
            plain.setSoTimeout(millis);
            SSLSocket socket = (SSLSocket) sockets.createSocket(plain, consumed, autoClose);
            socket.setEnabledProtocols(VERSIONS);
            return socket;
        }

        @Override
        public Socket createSocket(Socket plain, String host, int port, boolean autoClose) throws IOException {
            throw connectsToNobody();
        }

        @Override
        public Socket createSocket(String host, int port) throws IOException {
            throw connectsToNobody();
        }

        @Override
        public Socket createSocket(String host, int port, InetAddress localHost, int localPort) throws IOException {
            throw connectsToNobody();
        }

        @Override
        public Socket createSocket(InetAddress host, int port) throws IOException {
            throw connectsToNobody();
        }

        @Override
        public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) throws IOException {
            throw connectsToNobody();
        }

        private static IOException connectsToNobody() {
            return new IOException("these are a server's sockets");
        }

        @Override
        public String[] getDefaultCipherSuites() {
            return sockets.getDefaultCipherSuites();
        }

        @Override
        public String[] getSupportedCipherSuites() {
            return sockets.getSupportedCipherSuites();
        }
    }
}
