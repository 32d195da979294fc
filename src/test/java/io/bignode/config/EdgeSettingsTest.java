package io.bignode.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bignode.fixtures.Certificates;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The settings of tenants, TLS and push. */
class EdgeSettingsTest {
    @TempDir
    Path folder;

    private Settings load(Map<String, String> more) throws InvalidSettingsException {
        Map<String, String> environment = new HashMap<>(more);
        environment.put("DELEGATION_DATA_DIR", folder.resolve("data").toString());
        environment.put("DELEGATION_AUTH_TOKEN", "a-token-of-this-test-alone");
        return Settings.load(environment);
    }

    @Test
    void everyFaultOfEveryFileIsNamedAtOnce() throws Exception {
        Path tokens = Files.writeString(folder.resolve("tokens"), "alice\n");
        Map<String, String> environment = Map.of(
                "DELEGATION_TOKENS_FILE", tokens.toString(),
                "DELEGATION_TLS_CERT", folder.resolve("cert.pem").toString(),
                "DELEGATION_TLS_KEY", folder.resolve("key.pem").toString(),
                "DELEGATION_CALLBACK_HOSTS", "http://a.example/, 10.0.0.0/33, good.example",
                "DELEGATION_CALLBACK_CA", folder.resolve("ca.pem").toString(),
                "DELEGATION_WRONG_TOKENS", "many");
        assertThatThrownBy(() -> load(environment))
                .hasMessageContaining("line 1, has 1 words")
                .hasMessageContaining("cert.pem does not exist")
                .hasMessageContaining("'http://a.example/'")
                .hasMessageContaining("'10.0.0.0/33'")
                .hasMessageContaining("ca.pem does not exist")
                .hasMessageContaining("DELEGATION_WRONG_TOKENS is 'many'")
                .hasMessageNotContaining("'good.example'");
        assertThat(folder.resolve("data")).doesNotExist();
    }

    @Test
    void theThresholdsOfModelsAreReadAndEveryFaultyEntryIsNamed() throws Exception {
        VectorSettings vectors = load(Map.of("DELEGATION_MODEL_THRESHOLDS", "org/large=0.75, a=b=0.5", "DELEGATION_P_MISMATCH", "0.2")).vectors();
        assertThat(vectors).isEqualTo(new VectorSettings(Map.of("org/large", 0.75, "a=b", 0.5), 0.2, 0.01, 200));
        assertThatThrownBy(() -> load(Map.of(
                        "DELEGATION_MODEL_THRESHOLDS", "org/a,=0.4,org/b=much,org/c=-1,org/d=0.4,org/d=0.5",
                        "DELEGATION_P_MISMATCH", "1.5", "DELEGATION_FRAUD_THRESHOLD", "0", "DELEGATION_MAX_VALIDATIONS", "0")))
                .hasMessageContaining("'org/a'").hasMessageContaining("'=0.4'").hasMessageContaining("'org/b=much'").hasMessageContaining("'org/c=-1'")
                .hasMessageContaining("names 'org/d' twice")
                .hasMessageContaining("DELEGATION_P_MISMATCH is '1.5'")
                .hasMessageContaining("DELEGATION_FRAUD_THRESHOLD is '0'")
                .hasMessageContaining("DELEGATION_MAX_VALIDATIONS is '0'");
    }

    @Test
    void aTokensFileThatIsMissingIsNoEmptyOne() {
        assertThatThrownBy(() -> load(Map.of("DELEGATION_TOKENS_FILE", folder.resolve("nowhere").toString())))
                .hasMessageContaining("does not exist")
                .hasMessageContaining("bignode tenant");
    }

    @Test
    void aCertificateWithoutKeyIsNoTls() throws Exception {
        TlsSettings files = Certificates.forLoopback().write(folder.resolve("cert.pem"), folder.resolve("key.pem"));
        assertThatThrownBy(() -> load(Map.of("DELEGATION_TLS_CERT", files.certificate().toString())))
                .hasMessageContaining("DELEGATION_TLS_KEY is not set, DELEGATION_TLS_CERT is");
        assertThatThrownBy(() -> load(Map.of("DELEGATION_TLS_KEY", files.key().toString())))
                .hasMessageContaining("DELEGATION_TLS_CERT is not set, DELEGATION_TLS_KEY is");
        assertThat(load(Map.of("DELEGATION_TLS_CERT", files.certificate().toString(), "DELEGATION_TLS_KEY", files.key().toString())).tls())
                .hasValue(files);
        assertThat(load(Map.of()).tls()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "node.example,node.example,1234,true",
        "node.example,NODE.Example,80,true",
        "node.example,a.node.example,80,false",
        "node.example,node.example.evil.com,80,false",
        "node.example:8080,node.example,8080,true",
        "node.example:8080,node.example,80,false",
        "Node.Example,node.example,80,true",
        "10.0.0.0/8,10.9.8.7,80,true",
        "10.0.0.0/8,11.9.8.7,80,false",
        "10.0.0.0/8,node.example,80,false",
        "10.0.0.5,10.0.0.5,80,true",
        "10.0.0.5:81,10.0.0.5,80,false",
        "[2001:db8::1]:443,2001:db8:0::1,443,true",
        "2001:db8::/32,2001:db8:ffff::1,443,true",
        "2001:db8::/32,2001:db9::1,443,false"
    })
    void aHostIsCalledOnlyAsItIsListed(String entry, String host, int port, boolean allowed) throws Exception {
        assertThat(load(Map.of("DELEGATION_CALLBACK_HOSTS", entry)).push().allows(host, port)).isEqualTo(allowed);
    }

    @Test
    void onlyAddressesAndNetworksListAnAddress() throws Exception {
        PushSettings push = load(Map.of("DELEGATION_CALLBACK_HOSTS", "node.example 192.168.7.0/24 [::1]:8080")).push();
        assertThat(push.lists(InetAddress.ofLiteral("192.168.7.255"), 1)).isTrue();
        assertThat(push.lists(InetAddress.ofLiteral("192.168.8.1"), 1)).isFalse();
        assertThat(push.lists(InetAddress.ofLiteral("::1"), 8080)).isTrue();
        assertThat(push.lists(InetAddress.ofLiteral("::1"), 8081)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "*.example", "a b:x", "node.example:0", "node.example:65536", "user@node.example", "127.1", "2130706433", "0x7f.1",
        "1.2.3.4.5", "256.1.1.1", "10.0.0.0/-1", "fe80::1%eth0", "-a.example", "a..b", "node.example/24", ":80"})
    void whatIsNoHostIsRefused(String entry) {
        assertThatThrownBy(() -> load(Map.of("DELEGATION_CALLBACK_HOSTS", entry))).hasMessageContaining("DELEGATION_CALLBACK_HOSTS holds");
    }
}
