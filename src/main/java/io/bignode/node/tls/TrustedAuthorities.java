package io.bignode.node.tls;

import io.bignode.config.InvalidSettingsException;
import io.bignode.config.PemFile;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** The certificate authorities that clients of this node trust: those of the JDK, and those of a file. */
public final class TrustedAuthorities {
    private TrustedAuthorities() {}

    /**
     * The TLS context of a client that trusts all of them.
     *
     * @param file certificates, PEM
     * @throws InvalidSettingsException when the file cannot be used
     */
    public static SSLContext with(Path file) throws InvalidSettingsException {
        List<X509Certificate> all = new ArrayList<>(PemFile.certificates(file));
        try {
            all.addAll(List.of(trusting(null).getAcceptedIssuers()));
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            for (int i = 0; i < all.size(); i++) store.setCertificateEntry("authority-" + i, all.get(i));
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new X509TrustManager[] {trusting(store)}, null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("the JDK's own authorities cannot be read", e);
        }
    }

    private static X509TrustManager trusting(@Nullable KeyStore store) throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return (X509TrustManager) factory.getTrustManagers()[0];
    }
}
