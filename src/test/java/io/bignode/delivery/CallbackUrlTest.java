package io.bignode.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CallbackUrlTest {
    @ParameterizedTest
    @CsvSource({
        "http://node.example,node.example,80,/generated",
        "http://node.example/,node.example,80,/generated",
        "https://Node.Example/a/b,node.example,443,/a/b/generated",
        "http://node.example:8080/a/?key=1&b=%20,node.example,8080,/a/generated?key=1&b=%20",
        "HTTPS://[2001:db8::1]:444/x,2001:db8::1,444,/x/generated",
        "http://node.example/\u00fc,node.example,80,/%C3%BC/generated"
    })
    void whatIsCalledIsItsPathWithGeneratedBehindIt(String text, String host, int port, String target) {
        CallbackUrl url = new CallbackUrl(URI.create(text));
        assertThat(url.host()).isEqualTo(host);
        assertThat(url.port()).isEqualTo(port);
        assertThat(url.target("/generated")).isEqualTo(target);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "node.example", "/path", "ftp://node.example/", "file:///etc/passwd", "http:///path", "http://", "http:node.example", "http://user@node.example/",
        "http://user:secret@node.example/", "http://node.example/#secret", "http://node.example:0/", "http://node.example:65536/", "http://no de.example/",
        "http://node.example/\r\nX: y", "http://n\u00f6de.example/", "http://[fe80::1%25eth0]/", "jar:http://node.example/!/"
    })
    void anythingElseIsRefusedWithoutRepeatingIt(String text) {
        assertThat(CallbackUrl.fault(text)).isPresent();
        assertThat(CallbackUrl.fault(text).get()).doesNotContain("secret", "node.example", "passwd");
    }

    @Test
    void aUrlWithoutEndIsRefused() {
        assertThat(CallbackUrl.fault("http://node.example/" + "a".repeat(2048))).hasValueSatisfying(text -> assertThat(text).contains("2048"));
        assertThatThrownBy(() -> new CallbackUrl(URI.create("ftp://node.example/"))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void onlyItsHostIsEverShown() {
        assertThat(new CallbackUrl(URI.create("https://node.example/secret?key=secret"))).hasToString("node.example:443");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.0.1", "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255",
        "192.0.0.192", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::ffff:10.0.0.1", "::10.0.0.1", "64:ff9b::a00:1", "100::1", "2001::1", "2001:db8::1", "2002:a00:1::", "3fff::1", "fc00::1",
                "fd00:ec2::254",
        "fe80::1", "fec0::1", "ff02::1"
    })
    void whatIsNotOfThePublicInternetIsNotCalled(String address) {
        assertThat(PublicAddress.is(InetAddress.ofLiteral(address))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.1.1.1", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.0.1.1", "192.167.1.1",
        "198.17.0.1", "198.20.0.1", "223.255.255.255", "2606:4700:4700::1111", "2a00::1", "2001:4860::8888"})
    void whatIsOfThePublicInternetMayBe(String address) {
        assertThat(PublicAddress.is(InetAddress.ofLiteral(address))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "0.1.2.3", "224.0.0.1", "239.1.1.1", "255.255.255.255", "::", "ff02::1"})
    void whatIsNobodysIsNeverCalled(String address) {
        assertThat(PublicAddress.isNobodys(InetAddress.ofLiteral(address))).isTrue();
        assertThat(PublicAddress.isNobodys(InetAddress.ofLiteral("127.0.0.1"))).isFalse();
    }
}
