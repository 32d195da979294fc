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
        Optional<Path> certificate = reader.path(CERTIFICATE);
        Optional<Path> key = reader.path(KEY);
        boolean one = reader.text(CERTIFICATE).isPresent();
        if (one != reader.text(KEY).isPresent()) {
            reader.fault(one ? KEY : CERTIFICATE, "is not set, " + (one ? CERTIFICATE : KEY) + " is; set both, or neither to serve without TLS");
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
