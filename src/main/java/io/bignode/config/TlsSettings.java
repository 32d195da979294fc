package io.bignode.config;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * The files with which the API is served over TLS.
 *
 * @param certificate the server's certificate and those that vouch for it, PEM
 * @param key         its private key, PEM, without a password
 */
public record TlsSettings(Path certificate, Path key) {
    private static final String CERTIFICATE = "DELEGATION_TLS_CERT";
    private static final String KEY = "DELEGATION_TLS_KEY";

    /** Reads them, and the files for their faults; empty where the API is served without TLS. */
    static Optional<TlsSettings> read(EnvironmentReader reader) {
        return read(reader, CERTIFICATE, KEY, "serve without TLS");
    }

    /**
     * Reads those of two variables.
     *
     * @param neither what happens when neither is set
     */
    static Optional<TlsSettings> read(EnvironmentReader reader, String certificateName, String keyName, String neither) {
        Optional<Path> certificate = reader.path(certificateName);
        Optional<Path> key = reader.path(keyName);
        boolean one = reader.text(certificateName).isPresent();
        if (one != reader.text(keyName).isPresent()) {
            reader.fault(one ? keyName : certificateName,
                    "is not set, " + (one ? certificateName : keyName) + " is; set both, or neither to " + neither);
        }
        if (certificate.isEmpty() || key.isEmpty()) return Optional.empty();
        TlsSettings files = new TlsSettings(certificate.get(), key.get());
        try {
            ServerIdentity.read(files, Instant.now());
        } catch (InvalidSettingsException e) {
            reader.faults(e);
        }
        return Optional.of(files);
    }
}
