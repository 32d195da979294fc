package io.bignode.config;

import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/**
 * How a server proves who it is.
 *
 * @param chain its certificate, then those that vouch for it
 * @param key   the certificate's private key
 */
public record ServerIdentity(List<X509Certificate> chain, PrivateKey key) {
    /** Copies the list. */
    public ServerIdentity {
        chain = List.copyOf(chain);
    }

    /**
     * Reads an identity and checks that it can be used now.
     *
     * @param now tells expired certificates
     * @throws InvalidSettingsException with what is wrong and how to correct it; nothing of the key is in it
     */
    public static ServerIdentity read(TlsSettings files, Instant now) throws InvalidSettingsException {
        List<X509Certificate> chain = PemFile.certificates(files.certificate());
        X509Certificate own = chain.getFirst();
        if (own.getNotAfter().toInstant().isBefore(now)) {
            throw fault(files.certificate(), "expired at " + own.getNotAfter().toInstant() + "; renew it");
        }
        if (own.getNotBefore().toInstant().isAfter(now)) {
            throw fault(files.certificate(), "is not valid before " + own.getNotBefore().toInstant() + "; check this machine's clock");
        }
        PrivateKey key = PemFile.privateKey(files.key(), own.getPublicKey());
        if (!matches(own, key)) {
            throw fault(files.key(), "is not the key of the certificate in " + files.certificate()
                    + " (the server's own certificate must stand first there)");
        }
        return new ServerIdentity(chain, key);
    }

    /** When clients stop to trust it: with the first certificate of the chain that expires. */
    public Instant expires() {
        return chain.stream().map(certificate -> certificate.getNotAfter().toInstant()).min(Instant::compareTo).orElseThrow();
    }

    /** Whether what the key signs is what the certificate vouches for. */
    private static boolean matches(X509Certificate certificate, PrivateKey key) {
        byte[] text = {1, 2, 3};
        try {
            Signature signature = Signature.getInstance(signature(key.getAlgorithm()));
            signature.initSign(key);
            signature.update(text);
            byte[] signed = signature.sign();
            signature.initVerify(certificate.getPublicKey());
            signature.update(text);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static String signature(String algorithm) {
        return switch (algorithm) {
            case "RSA", "RSASSA-PSS" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> algorithm; // the Edwards curves' signatures are named like them
        };
    }

    /** Says whose certificate it is and nothing of the key. */
    @Override
    public String toString() {
        return "ServerIdentity[" + chain.getFirst().getSubjectX500Principal() + "]";
    }

    private static InvalidSettingsException fault(Path file, String message) {
        return new InvalidSettingsException(file.toString(), message);
    }
}
