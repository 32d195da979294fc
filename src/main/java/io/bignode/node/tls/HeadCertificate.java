package io.bignode.node.tls;

import io.bignode.config.DataFolder;
import io.bignode.config.InvalidSettingsException;
import io.bignode.config.TlsSettings;
import io.bignode.monitor.Alarms;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * The certificate by which the head proves to workers who it is: the operator's, or one that the head made at its first start and keeps in the data folder,
 * and that workers know by its fingerprint.
 */
public final class HeadCertificate {
    private static final String FILE = "worker-tls.p12";
    private static final String ALIAS = "head";

    /** PKCS#12 needs a password. The key is protected by its file's permissions, which let only its owner read it. */
    private static final String PASSWORD = "bignode";

    private static final int VALID_DAYS = 3650;

    private final SSLContext context;
    private final Supplier<X509Certificate> shown;
    private final Runnable check;

    private HeadCertificate(SSLContext context, Supplier<X509Certificate> shown, Runnable check) {
        this.context = context;
        this.shown = shown;
        this.check = check;
    }

    /**
     * The certificate that the head shows to workers.
     *
     * @throws InvalidSettingsException when the operator's cannot be used
     * @throws IOException              when the head's own cannot be used or made; the message says what to do
     */
    public static HeadCertificate of(Optional<TlsSettings> files, Path dataDir, Alarms alarms) throws InvalidSettingsException, IOException {
        if (files.isPresent()) {
            ServerTls given = ServerTls.ofWorkers(files.get(), alarms, InstantSource.system());
            return new HeadCertificate(given.context(), given::certificate, given::check);
        }
        try {
            return own(dataDir, alarms);
        } catch (GeneralSecurityException | IOException e) {
            throw new IOException("the certificate for workers in " + dataDir.resolve(FILE)
                    + " cannot be used: " + e.getMessage() + "; move it away and a new one is made (workers then need its fingerprint)", e);
        }
    }

    private static HeadCertificate own(Path dataDir, Alarms alarms) throws GeneralSecurityException, IOException {
        Path file = dataDir.resolve(FILE);
        if (!Files.exists(file)) make(dataDir, file);
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        if (!(keys.getCertificate(ALIAS) instanceof X509Certificate certificate)) throw new GeneralSecurityException("it holds no certificate of the head");
        Instant expires = certificate.getNotAfter().toInstant();
        return new HeadCertificate(context(keys), () -> certificate, () -> ServerTls.checkWorkers(expires, Instant.now(), alarms));
    }

    /** Only the JDK's own tool makes certificates. It works in a folder that no other user may read. */
    private static void make(Path dataDir, Path file) throws IOException {
        DataFolder.make(dataDir); // the folder of a head whose sessions are in PostgreSQL may be missing
        Path folder = Files.createTempDirectory(dataDir, ".tls", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path draft = folder.resolve(FILE);
        try {
            Process tool = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                            "-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC", // for a short-lived process: 0.8 s of processor time instead of 2.0
                            "-genkeypair", "-alias", ALIAS, "-keyalg", "EC", "-groupname", "secp256r1", "-sigalg", "SHA256withECDSA",
                            "-validity", Integer.toString(VALID_DAYS), "-dname", "CN=bignode head", "-storetype", "PKCS12",
                            "-keystore", draft.toString(), "-storepass", PASSWORD)
                    .redirectErrorStream(true)
                    .start();
            String output = new String(tool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!tool.waitFor(1, TimeUnit.MINUTES) || tool.exitValue() != 0) throw new IOException("keytool: " + output.strip());
            Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("rw-------"));
            Files.move(draft, file);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            Files.deleteIfExists(draft);
            Files.deleteIfExists(folder);
        }
    }

    private static SSLContext context(KeyStore keys) throws GeneralSecurityException {
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        return context;
    }

    /** The TLS context of the sockets that workers connect to. */
    public SSLContext context() {
        return context;
    }

    /** Looks at the certificate and its files; to be called about once a second. */
    public void check() {
        check.run();
    }

    /** The SHA-256 fingerprint of the certificate, by which workers know it. */
    public String fingerprint() {
        return fingerprint(shown.get());
    }

    /** SHA-256 of a certificate, in hexadecimal digits. */
    public static String fingerprint(X509Certificate certificate) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
        } catch (NoSuchAlgorithmException | CertificateEncodingException e) {
            throw new IllegalStateException("every JDK has SHA-256 and can write a certificate that it read", e);
        }
    }
}
