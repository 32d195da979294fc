package io.bignode.cli.operate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.bignode.cli.BigNodeCommand;
import io.bignode.config.TlsSettings;
import io.bignode.fixtures.Certificates;
import io.bignode.monitor.Alarms;
import io.bignode.node.CommandException;
import io.bignode.node.tls.ServerTls;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** The head that commands ask where none is named: the one these settings are for. */
class HeadAddressTest {
    @TempDir
    Path folder;

    private TlsSettings certificate(String name) throws Exception {
        Certificates.Pair pair = Certificates.make("EC", "bignode.example.org", 1, 90);
        Path key = Files.createFile(folder.resolve(name + ".key"), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return pair.write(folder.resolve(name + ".crt"), key);
    }

    @Test
    void schemeAndPortFollowTheSettings() {
        assertThat(new HeadAddress(Map.of()).url()).hasToString("http://localhost:9090");
        assertThat(new HeadAddress(Map.of("DELEGATION_PORT", "8443", "DELEGATION_TLS_CERT", "/etc/bignode/tls.crt")).url())
                .hasToString("https://localhost:8443");
        assertThat(new HeadAddress(Map.of("DELEGATION_PORT", "no port", "DELEGATION_TLS_CERT", " ")).url()).hasToString("http://localhost:9090");
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.2, 127.0.0.2", "::1, [::1]", "0.0.0.0, localhost", "::, localhost", "'no host', localhost"})
    void theHostIsTheOneItListensOnWhereThatIsOneAlone(String host, String asked) {
        assertThat(new HeadAddress(Map.of("DELEGATION_HOST", host)).url()).hasToString("http://" + asked + ":9090");
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1, localhost", "127.0.0.2, 127.0.0.2", "192.0.2.7, 192.0.2.7", "0.0.0.0, localhost", "::, localhost", "::1, [0:0:0:0:0:0:0:1]"})
    void peopleAreToldTheAddressItListensOnWhereThatIsOneAlone(String address, String told) throws Exception {
        assertThat(HeadAddress.host(InetAddress.getByName(address))).isEqualTo(told);
    }

    @ParameterizedTest
    @ValueSource(strings = {"workers", "sessions", "devices", "drain", "admit", "client"})
    void everyCommandThatAsksAHeadHasThisDefaultAndShowsIt(String command) {
        CommandLine line = BigNodeCommand.commandLine();
        HeadAddress.complete(line, Map.of("DELEGATION_PORT", "8443", "DELEGATION_TLS_CERT", "/etc/bignode/tls.crt"));
        StringWriter help = new StringWriter();

        line.getSubcommands().get(command).usage(new PrintWriter(help));

        assertThat(help.toString()).contains("https://localhost:8443");
    }

    @Test
    void theHeadsOwnCertificateIsTrustedWhateverItsNameAndNoOther() throws Exception {
        TlsSettings own = certificate("own");
        HttpsServer head = HttpsServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        head.setHttpsConfigurator(new HttpsConfigurator(ServerTls.ofApi(own, new Alarms(InstantSource.system()), InstantSource.system()).context()));
        head.createContext("/", exchange -> {
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        head.start();
        try {
            String port = Integer.toString(head.getAddress().getPort());
            HeadAddress address = new HeadAddress(Map.of("DELEGATION_PORT", port, "DELEGATION_TLS_CERT", own.certificate().toString()));
            assertThat(status(address.url(), address.trust(address.url()).orElseThrow())).isEqualTo(204);

            SSLContext other = HeadAddress.trusting(certificate("other").certificate());
            assertThatThrownBy(() -> status(address.url(), other)).isInstanceOf(IOException.class);
        } finally {
            head.stop(0);
        }
    }

    private static int status(URI url, SSLContext tls) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newBuilder().sslContext(tls).build()) {
            return client.send(HttpRequest.newBuilder(url).build(), BodyHandlers.discarding()).statusCode();
        }
    }

    @Test
    void anotherHeadIsTrustedAsUsual() throws Exception {
        HeadAddress address = new HeadAddress(Map.of("DELEGATION_TLS_CERT", certificate("own").certificate().toString()));

        assertThat(address.trust(URI.create("https://head.example.org:9090"))).isEmpty();
        assertThat(new HeadAddress(Map.of()).trust(URI.create("http://localhost:9090"))).isEmpty();
    }

    @Test
    void aCertificateThatIsNotThereIsToldWithTheOptionsThatDoWithoutIt() {
        HeadAddress address = new HeadAddress(Map.of("DELEGATION_TLS_CERT", folder.resolve("none").toString()));

        assertThatThrownBy(() -> address.trust(address.url())).isInstanceOf(CommandException.class).hasMessageContaining("does not exist")
                .hasMessageContaining("--url", "--ca");
    }
}
