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
    /** Reads them, and the files for their faults; empty where the API is served without TLS. */
    static Optional<TlsSettings> read(EnvironmentReader reader) {
        return read(reader, Setting.TLS_CERT, Setting.TLS_KEY, "serve without TLS");
    }

    /**
     * Reads those of two settings.
     *
     * @param neither what happens when neither is set
     */
    static Optional<TlsSettings> read(EnvironmentReader reader, Setting certificateFile, Setting keyFile, String neither) {
        Optional<Path> certificate = reader.path(certificateFile);
        Optional<Path> key = reader.path(keyFile);
        boolean hasCertificate = reader.text(certificateFile).isPresent();
        if (hasCertificate != reader.text(keyFile).isPresent()) {
            reader.fault(hasCertificate ? keyFile : certificateFile,
                    "is not set, " + (hasCertificate ? certificateFile : keyFile) + " is; set both, or neither to " + neither);
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
