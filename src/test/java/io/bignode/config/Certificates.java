package io.bignode.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Makes certificates and keys for tests with the {@code keytool} of the JDK that runs them. */
public final class Certificates {
    private static final char[] PASSWORD = "of-the-test-alone".toCharArray();

    /** A certificate that vouches for itself, and its key. */
    public record Pair(X509Certificate certificate, PrivateKey key) {
        /** The certificate as OpenSSL writes it. */
        public String certificatePem() {
            try {
                return pem("CERTIFICATE", certificate.getEncoded());
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e);
            }
        }

        /** The key as OpenSSL writes it. */
        public String keyPem() {
            return pem("PRIVATE KEY", key.getEncoded());
        }

        /** Writes both to files. */
        public TlsSettings write(Path certificateFile, Path keyFile) throws IOException {
            Files.writeString(certificateFile, certificatePem());
            Files.writeString(keyFile, keyPem());
            return new TlsSettings(certificateFile, keyFile);
        }
    }

    private Certificates() {}

    /**
     * A pair for a host.
     *
     * @param algorithm RSA, EC or Ed25519
     * @param host      a name, or an address after {@code ip:}
     * @param begins    for instance {@code -2d}
     * @param days      how long it is valid
     */
    public static Pair make(Path folder, String algorithm, String host, String begins, int days) throws Exception {
        Path store = Files.createTempFile(folder, "keys", ".p12");
        Files.delete(store);
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC", "-genkeypair", "-keystore", store.toString(), "-storetype", "PKCS12", "-storepass", new String(PASSWORD), "-alias", "it",
                "-keyalg", algorithm, "-dname", "CN=Big Node of a test", "-startdate", begins, "-validity", Integer.toString(days),
                "-ext", "san=" + (host.startsWith("ip:") ? host : "dns:" + host)));
        if (algorithm.equals("EC")) command.addAll(List.of("-groupname", "secp256r1"));
        Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!keytool.waitFor(60, TimeUnit.SECONDS) || keytool.exitValue() != 0) throw new AssertionError("keytool: " + said);
        KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD);
        return new Pair((X509Certificate) keys.getCertificate("it"), (PrivateKey) keys.getKey("it", PASSWORD));
    }

    /** A pair for this machine's loopback interface that is valid for a year. */
    public static Pair forLoopback(Path folder) throws Exception {
        return make(folder, "EC", "ip:127.0.0.1", "-1d", 366);
    }

    /** Bytes as OpenSSL writes them. */
    public static String pem(String kind, byte[] der) {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n";
    }
}
