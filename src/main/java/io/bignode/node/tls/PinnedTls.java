package io.bignode.node.tls;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** Trusts the certificates with some fingerprints and no other. The name in the certificate does not matter. */
public final class PinnedTls extends X509ExtendedTrustManager {
    private final List<byte[]> fingerprints;

    private PinnedTls(List<byte[]> fingerprints) {
        this.fingerprints = fingerprints;
    }

    /** The TLS context of sockets to the host with that certificate. */
    public static SSLContext context(String fingerprint) {
        return context(List.of(fingerprint));
    }

    /** The TLS context of sockets to hosts each of which has one of these certificates. */
    public static SSLContext context(List<String> fingerprints) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new PinnedTls(fingerprints.stream().map(HexFormat.of()::parseHex).toList())}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has TLS", e);
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        String shown = HeadCertificate.fingerprint(chain[0]);
        byte[] digest = HexFormat.of().parseHex(shown);
        if (fingerprints.stream().noneMatch(given -> MessageDigest.isEqual(given, digest))) {
            throw new CertificateException("the head's certificate has fingerprint " + shown + ", not the one given: is it another head, or somebody between?");
        }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw new CertificateException("clients show no certificates");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) throws CertificateException {
        checkServerTrusted(chain, authType);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine) throws CertificateException {
        checkServerTrusted(chain, authType);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) throws CertificateException {
        checkClientTrusted(chain, authType);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) throws CertificateException {
        checkClientTrusted(chain, authType);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
