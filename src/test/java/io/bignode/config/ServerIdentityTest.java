package io.bignode.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bignode.fixtures.Certificates;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerIdentityTest {
    @TempDir
    static Path folder;

    private TlsSettings files() {
        return new TlsSettings(folder.resolve("cert.pem"), folder.resolve("key.pem"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC", "Ed25519"})
    void aCertificateAndItsKeyAreRead(String algorithm) throws Exception {
        Certificates.Pair pair = Certificates.make(algorithm, "node.example", 1, 30);
        TlsSettings files = pair.write(files().certificate(), files().key());

        ServerIdentity identity = ServerIdentity.read(files, Instant.now());
        assertThat(identity.chain()).containsExactly(pair.certificate());
        assertThat(identity.key()).isEqualTo(pair.key());
        assertThat(identity.toString()).contains("Big Node of a test").doesNotContain("key");
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC"})
    void theOlderFormsOfKeysAreReadToo(String algorithm) throws Exception {
        Certificates.Pair pair = Certificates.make(algorithm, "node.example", 1, 30);
        pair.write(files().certificate(), files().key());
        byte[] older = insideOfPkcs8(pair.key().getEncoded());
        String parameters = algorithm.equals("EC") ? Certificates.pem("EC PARAMETERS", new byte[] {5, 0}) : "";
        Files.writeString(files().key(), parameters + Certificates.pem(algorithm + " PRIVATE KEY", older));

        assertThat(ServerIdentity.read(files(), Instant.now()).key()).isEqualTo(pair.key());
    }

    @Test
    void anExpiredOneIsRefusedWithTheTime() throws Exception {
        Certificates.Pair pair = Certificates.forLoopback();
        pair.write(files().certificate(), files().key());
        Instant after = pair.certificate().getNotAfter().toInstant().plusSeconds(1);
        Instant before = pair.certificate().getNotBefore().toInstant().minusSeconds(1);

        assertThatThrownBy(() -> ServerIdentity.read(files(), after))
                .isInstanceOf(InvalidSettingsException.class)
                .hasMessageContaining("cert.pem expired at " + pair.certificate().getNotAfter().toInstant())
                .hasMessageContaining("renew it");
        assertThatThrownBy(() -> ServerIdentity.read(files(), before)).hasMessageContaining("is not valid before").hasMessageContaining("clock");
        assertThat(ServerIdentity.read(files(), after.minus(Duration.ofSeconds(2))).expires())
                .isEqualTo(pair.certificate().getNotAfter().toInstant());
    }

    @Test
    void aKeyOfAnotherCertificateIsRefused() throws Exception {
        Certificates.forLoopback().write(files().certificate(), files().key());
        Files.writeString(files().key(), Certificates.forLoopback().keyPem());
        assertThatThrownBy(() -> ServerIdentity.read(files(), Instant.now())).hasMessageContaining("key.pem is not the key of the certificate");

        Files.writeString(files().key(), Certificates.make("RSA", "node.example", 1, 30).keyPem());
        assertThatThrownBy(() -> ServerIdentity.read(files(), Instant.now())).hasMessageContaining("of another kind than its certificate's");
    }

    @Test
    void whatIsNoKeyIsToldWithoutRepeatingIt() throws Exception {
        Certificates.Pair pair = Certificates.forLoopback();
        pair.write(files().certificate(), files().key());
        record Bad(String text, String message) {}
        for (Bad bad : new Bad[] {
            new Bad("", "holds no private key"),
            new Bad(pair.certificatePem(), "holds no private key"),
            new Bad("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n", "damaged"),
            new Bad("-----BEGIN PRIVATE KEY-----\n*!secret\n-----END PRIVATE KEY-----\n", "damaged"),
            new Bad("-----BEGIN ENCRYPTED PRIVATE KEY-----\nc2VjcmV0\n-----END ENCRYPTED PRIVATE KEY-----\n", "encrypted with a password"),
            new Bad("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nc2VjcmV0\n-----END RSA PRIVATE KEY-----\n", "encrypted with a password")
        }) {
            Files.writeString(files().key(), bad.text());
            assertThatThrownBy(() -> ServerIdentity.read(files(), Instant.now()))
                    .isInstanceOf(InvalidSettingsException.class)
                    .hasMessageContaining(bad.message())
                    .hasMessageNotContaining("secret")
                    .hasMessageNotContaining("c2Vj");
        }
    }

    @Test
    void missingAndDamagedFilesAreNamed() throws Exception {
        Certificates.forLoopback().write(files().certificate(), files().key());
        assertThatThrownBy(() -> ServerIdentity.read(new TlsSettings(folder.resolve("nowhere.pem"), files().key()), Instant.now()))
                .hasMessageContaining("nowhere.pem does not exist");
        assertThatThrownBy(() -> ServerIdentity.read(new TlsSettings(files().key(), files().key()), Instant.now()))
                .hasMessageContaining("holds no certificate");
        Files.writeString(files().certificate(), "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
        assertThatThrownBy(() -> ServerIdentity.read(files(), Instant.now())).hasMessageContaining("cert.pem holds a certificate that is damaged");
    }

    /** The octets of the key, the last element of PKCS#8: what the older forms hold by itself. */
    private static byte[] insideOfPkcs8(byte[] pkcs8) {
        int at = skipHeader(pkcs8, 0); // into the sequence
        at += 3; // version 0
        at = skipHeader(pkcs8, at) + length(pkcs8, at); // over the algorithm
        int start = skipHeader(pkcs8, at);
        return Arrays.copyOfRange(pkcs8, start, start + length(pkcs8, at));
    }

    private static int skipHeader(byte[] der, int at) {
        return at + ((der[at + 1] & 0x80) == 0 ? 2 : 2 + (der[at + 1] & 0x7f));
    }

    private static int length(byte[] der, int at) {
        if ((der[at + 1] & 0x80) == 0) return der[at + 1];
        int length = 0;
        for (int i = 0; i < (der[at + 1] & 0x7f); i++) length = length << 8 | der[at + 2 + i] & 0xff;
        return length;
    }
}
