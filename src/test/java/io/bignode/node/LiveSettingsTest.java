package io.bignode.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bignode.api.Api;
import io.bignode.config.InvalidSettingsException;
import io.bignode.config.Settings;
import io.bignode.config.TenantToken;
import io.bignode.config.TlsSettings;
import io.bignode.config.Token;
import io.bignode.delivery.Delivery;
import io.bignode.fixtures.Certificates;
import io.bignode.fixtures.ManualTime;
import io.bignode.fixtures.Waiting;
import io.bignode.http.HttpRules;
import io.bignode.http.HttpServer;
import io.bignode.http.NoMetering;
import io.bignode.http.NoWorkers;
import io.bignode.http.SmallFarm;
import io.bignode.monitor.Alarms;
import io.bignode.monitor.Alarms.Alarm;
import io.bignode.node.tls.TrustedAuthorities;
import io.bignode.proof.transformer.TransformerFunction;
import io.bignode.session.MemoryStore;
import io.bignode.session.Quiet;
import io.bignode.session.SessionRules;
import io.bignode.session.Sessions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Tokens and certificates in files that change while a real server listens. */
@Timeout(120)
@ExtendWith(Quiet.class)
class LiveSettingsTest {
    private static final Token OWN = Token.of("the-default-tenants-token");
    private static final Token ALICES = Token.of("alices-token-of-this-test");
    private static final Token BOBS = Token.of("bobs-token-of-this-test");

    @TempDir
    Path folder;

    private final Map<String, String> environment = new HashMap<>();
    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
    private final InstantSource clock = now::get;
    private final Alarms alarms = new Alarms(clock);
    private final ManualTime time = new ManualTime();
    private final Sessions sessions = new Sessions(SessionRules.of(10, Duration.ofSeconds(330)), time, time, new MemoryStore());
    private final List<AutoCloseable> open = new ArrayList<>();

    private LiveSettings live() throws Exception {
        environment.put("DELEGATION_DATA_DIR", folder.resolve("data").toString());
        environment.put("DELEGATION_AUTH_TOKEN", OWN.secret());
        environment.put("DELEGATION_HOST", "127.0.0.1");
        environment.put("DELEGATION_PORT", "0");
        LiveSettings live = new LiveSettings(Settings.load(environment), alarms, clock);
        open.add(live);
        return live;
    }

    private HttpServer serve(LiveSettings live) {
        return serve(live, live.rules());
    }

    private HttpServer serve(LiveSettings live, HttpRules rules) {
        HttpServer server = HttpServer.listen(rules);
        open.add(server);
        server.serve(new Api(
                new TransformerFunction(), live.tenants(), sessions, new Delivery(), () -> 1, live.callbackHosts(),
                        new NoWorkers("an-operators-token-of-the-test"),
                new SmallFarm(false, () -> ""), new NoMetering()));
        return server;
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : open.reversed()) one.close();
    }

    private void tokens(String... lines) throws IOException {
        Path file = folder.resolve("tokens");
        environment.put("DELEGATION_TOKENS_FILE", file.toString());
        Files.write(file, List.of(lines));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    private static String line(String name, Token token, int sessions) {
        return new TenantToken(name, TenantToken.HexDigest.of(token), sessions, 1).line();
    }

    private Certificates.Pair certificate(int days) throws Exception {
        Certificates.Pair pair = Certificates.make("EC", "ip:127.0.0.1", 1, days);
        TlsSettings files = pair.write(folder.resolve("cert.pem"), folder.resolve("key.pem"));
        environment.put("DELEGATION_TLS_CERT", files.certificate().toString());
        environment.put("DELEGATION_TLS_KEY", files.key().toString());
        return pair;
    }

    private SSLContext trusting(Certificates.Pair... pairs) throws Exception {
        StringBuilder all = new StringBuilder();
        for (Certificates.Pair pair : pairs) all.append(pair.certificatePem());
        return TrustedAuthorities.with(Files.writeString(folder.resolve("ca.pem"), all));
    }

    private List<String> raised() {
        return alarms.list().stream().map(Alarm::key).toList();
    }

    /** One client for all plain requests: each of its own would keep a connection, and a server grants only so many. */
    private final HttpClient plain = HttpClient.newHttpClient();

    private int status(int port, Token token) throws Exception {
        return ask(plain, "http://127.0.0.1:" + port, token).statusCode();
    }

    private static HttpResponse<String> ask(HttpClient client, String base, Token token) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(base + "/api/v1/delegation/sessions"))
                .header("Authorization", "Bearer " + token.secret())
                .timeout(Duration.ofSeconds(20))
                .build();
        return client.send(request, BodyHandlers.ofString());
    }

    @Test
    void tenantsComeAndGoWithTheFile() throws Exception {
        tokens(line("alice", ALICES, 3));
        LiveSettings live = live();
        int port = serve(live).port();
        assertThat(List.of(status(port, OWN), status(port, ALICES), status(port, BOBS))).containsExactly(200, 200, 401);

        tokens(line("bob", BOBS, 2));
        live.check();
        assertThat(List.of(status(port, OWN), status(port, ALICES), status(port, BOBS))).containsExactly(200, 401, 200);
        JsonNode list = new ObjectMapper().readTree(ask(plain, "http://127.0.0.1:" + port, BOBS).body());
        assertThat(list.get("max_sessions").intValue()).isEqualTo(2);
    }

    @Test
    void aBrokenTokensFileChangesNothingAndRaisesAnAlarmUntilItIsMended() throws Exception {
        tokens(line("alice", ALICES, 3));
        LiveSettings live = live();
        int port = serve(live).port();
        tokens("alice is welcome");
        live.check();
        assertThat(raised()).as("an editor may be in the middle of it").isEmpty();
        live.check();
        assertThat(alarms.list()).singleElement().satisfies(alarm -> assertThat(alarm.text()).contains("line 1, has 3 words"));
        assertThat(status(port, ALICES)).isEqualTo(200);

        Files.delete(folder.resolve("tokens"));
        live.check();
        live.check();
        assertThat(raised()).containsExactly("tokens-file");
        assertThat(status(port, ALICES)).isEqualTo(200);

        tokens(line("bob", BOBS, 3));
        live.check();
        assertThat(raised()).isEmpty();
        assertThat(status(port, ALICES)).isEqualTo(401);
    }

    @Test
    void aGateThatWasStartedFollowsTheFilesByItself() throws Exception {
        tokens(line("alice", ALICES, 3));
        LiveSettings live = live();
        live.start();
        int port = serve(live).port();
        tokens(line("bob", BOBS, 3));
        Waiting.until("the new tenant is let in", () -> status(port, BOBS) == 200);
    }

    @Test
    void theApiIsServedOverTlsToThoseWhoTrustItsCertificate() throws Exception {
        SSLContext trusting = trusting(certificate(30));
        String base = "https://127.0.0.1:" + serve(live()).port();

        HttpClient client = HttpClient.newBuilder().sslContext(trusting).build();
        assertThat(ask(client, base, OWN).statusCode()).isEqualTo(200);
        assertThat(ask(client, base, BOBS).statusCode()).isEqualTo(401);
        assertThatThrownBy(() -> ask(HttpClient.newHttpClient(), base, OWN)).isInstanceOf(SSLHandshakeException.class);
    }

    @Test
    void whatIsNoTlsIsNotAnsweredOnItsPortAndHurtsNobody() throws Exception {
        SSLContext trusting = trusting(certificate(30));
        int port = serve(live()).port();
        for (String sent : List.of("GET /health HTTP/1.1\r\nHost: a\r\n\r\n", "\u0016\u0003\u0001\u00ff\u00ff", "x".repeat(100_000))) {
            try (Socket socket = new Socket("127.0.0.1", port)) {
                socket.setSoTimeout(20_000);
                socket.getOutputStream().write(sent.getBytes(StandardCharsets.ISO_8859_1));
                socket.shutdownOutput();
                String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
                assertThat(answer).doesNotContain("HTTP/1.1");
            } catch (IOException e) {
                // reset: no answer either
            }
        }
        assertThat(ask(HttpClient.newBuilder().sslContext(trusting).build(), "https://127.0.0.1:" + port, OWN).statusCode()).isEqualTo(200);
    }

    @Test
    void onlyNewVersionsOfTlsAreSpoken() throws Exception {
        SSLContext trusting = trusting(certificate(30));
        int port = serve(live()).port();
        for (String version : List.of("TLSv1.3", "TLSv1.2")) {
            try (SSLSocket socket = (SSLSocket) trusting.getSocketFactory().createSocket("127.0.0.1", port)) {
                socket.setEnabledProtocols(new String[] {version});
                socket.startHandshake();
                assertThat(socket.getSession().getProtocol()).isEqualTo(version);
            }
        }
        for (int minor : List.of(2, 1)) {
            try (Socket socket = new Socket("127.0.0.1", port)) {
                socket.setSoTimeout(20_000);
                socket.getOutputStream().write(oldHello(minor));
                byte[] record = socket.getInputStream().readNBytes(7);
                assertThat(List.of(record[0], record[5], record[6])).as("a fatal alert: protocol_version (RFC 8446, 6)")
                        .containsExactly((byte) 21, (byte) 2, (byte) 70);
            }
        }
    }

    /**
     * A hello of TLS 1.1 (minor 2) or 1.0 (minor 1), with suites that fit the certificate: its version alone speaks against it. No JDK says such a one any
     * more.
     */
    private static byte[] oldHello(int minor) {
        ByteBuffer hello = ByteBuffer.allocate(54);
        hello.put(new byte[] {22, 3, 1, 0, 49}); // a handshake record
        hello.put(new byte[] {1, 0, 0, 45, 3, (byte) minor}); // ClientHello, its version
        hello.put(new byte[32]).put((byte) 0); // random, no session
        hello.put(new byte[] {0, 6, (byte) 0xC0, 0x09, (byte) 0xC0, 0x0A, 0, 0x2F}); // ECDHE-ECDSA with AES-128 and AES-256, RSA with AES-128
        return hello.put(new byte[] {1, 0}).array(); // no compression
    }

    @Test
    void whoeverStallsInOrAfterTheHandshakeIsSentAway() throws Exception {
        SSLContext trusting = trusting(certificate(30));
        LiveSettings live = live();
        HttpRules rules = new HttpRules("127.0.0.1", 0, 8, Duration.ofMillis(500), Duration.ofSeconds(1), Duration.ofSeconds(1), 0, live.rules().tls());
        HttpServer server = serve(live, rules);
        for (String sent : List.of("", "\u0016\u0003\u0001")) {
            try (Socket socket = new Socket("127.0.0.1", server.port())) {
                socket.setSoTimeout(20_000);
                socket.getOutputStream().write(sent.getBytes(StandardCharsets.ISO_8859_1));
                assertThat(ended(socket)).isTrue();
            }
        }
        try (SSLSocket socket = connect(trusting, server.port())) {
            assertThat(exchange(socket)).isEqualTo(200);
            socket.getOutputStream().write("GET /hea".getBytes(StandardCharsets.US_ASCII));
            assertThat(ended(socket)).isTrue();
        }
    }

    /** Whether the other side ends the connection before this one loses patience. */
    private static boolean ended(Socket socket) {
        try {
            while (socket.getInputStream().read() >= 0) {}
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true; // reset
        }
    }

    @Test
    void aRenewedCertificateIsShownToNewConnectionsAndOldOnesGoOn() throws Exception {
        Certificates.Pair first = certificate(30);
        LiveSettings live = live();
        int port = serve(live).port();
        try (SSLSocket old = connect(trusting(first), port)) {
            assertThat(exchange(old)).isEqualTo(200);
            Certificates.Pair second = certificate(60);
            live.check();
            assertThat(exchange(old)).isEqualTo(200);
            try (SSLSocket young = connect(trusting(second), port)) {
                assertThat(exchange(young)).isEqualTo(200);
                assertThat(shown(young)).isEqualTo(second.certificate());
            }
            assertThat(exchange(old)).isEqualTo(200);
        }
        assertThat(raised()).isEmpty();
    }

    @Test
    void aCertificateMayBeRenewedByAKeyOfAnotherKind() throws Exception {
        certificate(30);
        LiveSettings live = live();
        int port = serve(live).port();
        Certificates.Pair rsa = Certificates.make("RSA", "ip:127.0.0.1", 1, 30);
        rsa.write(folder.resolve("cert.pem"), folder.resolve("key.pem"));
        live.check();
        try (SSLSocket socket = connect(trusting(rsa), port)) {
            assertThat(exchange(socket)).isEqualTo(200);
        }
    }

    @Test
    void aPairThatDoesNotMatchIsNotTakenAndRaisesAnAlarmOnlyWhenItStays() throws Exception {
        Certificates.Pair first = certificate(30);
        LiveSettings live = live();
        int port = serve(live).port();
        Certificates.Pair second = Certificates.forLoopback();
        Files.writeString(folder.resolve("cert.pem"), second.certificatePem());
        live.check();
        assertThat(raised()).as("the key may be written a moment later").isEmpty();
        live.check();
        assertThat(raised()).containsExactly("tls-files");
        try (SSLSocket socket = connect(trusting(first), port)) {
            assertThat(shown(socket)).isEqualTo(first.certificate());
        }
        Files.writeString(folder.resolve("key.pem"), second.keyPem());
        live.check();
        assertThat(raised()).isEmpty();
        try (SSLSocket socket = connect(trusting(second), port)) {
            assertThat(shown(socket)).isEqualTo(second.certificate());
        }
    }

    @Test
    void anAlarmTellsOfACertificateThatExpiresSoonAndOfOneThatDid() throws Exception {
        Certificates.Pair pair = certificate(30);
        Instant end = pair.certificate().getNotAfter().toInstant();
        LiveSettings live = live();
        now.set(end.minus(Duration.ofDays(14)).minusSeconds(1));
        live.check();
        assertThat(raised()).isEmpty();
        now.set(end.minus(Duration.ofDays(14)).plusSeconds(1));
        live.check();
        assertThat(raised()).containsExactly("tls-expires");
        now.set(end.plus(Duration.ofHours(1)));
        live.check();
        assertThat(alarms.list()).singleElement().satisfies(alarm -> {
            assertThat(alarm.key()).isEqualTo("tls-expired");
            assertThat(alarm.text()).contains(end.toString());
        });
        // Renewing it with one that is expired as well changes nothing.
        certificate(30);
        live.check();
        live.check();
        assertThat(raised()).contains("tls-expired", "tls-files");
        certificate(400);
        live.check();
        assertThat(raised()).isEmpty();
    }

    @Test
    void anExpiredCertificateIsRefusedAtTheStart() throws Exception {
        Certificates.Pair pair = certificate(30);
        now.set(pair.certificate().getNotAfter().toInstant().plusSeconds(1));
        assertThatThrownBy(this::live).isInstanceOf(InvalidSettingsException.class).hasMessageContaining("expired at");
    }

    @Test
    void aHeadThatStandsByServesTlsToo() throws Exception {
        SSLContext trusting = trusting(certificate(30));
        try (HttpServer standby = HttpServer.listen(live().rules())) {
            standby.standBy(Api.START);
            HttpClient client = HttpClient.newBuilder().sslContext(trusting).build();
            assertThat(ask(client, "https://127.0.0.1:" + standby.port(), OWN).statusCode()).isEqualTo(503);
        }
    }

    private static SSLSocket connect(SSLContext trusting, int port) throws IOException {
        SSLSocket socket = (SSLSocket) trusting.getSocketFactory().createSocket("127.0.0.1", port);
        socket.setSoTimeout(20_000);
        socket.startHandshake();
        return socket;
    }

    private static X509Certificate shown(SSLSocket socket) throws IOException {
        Certificate[] chain = socket.getSession().getPeerCertificates();
        return (X509Certificate) chain[0];
    }

    /** One request on a connection that goes on; the status of its answer. */
    private static int exchange(SSLSocket socket) throws IOException {
        socket.getOutputStream().write("GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
        String status = in.readLine();
        int length = 0;
        for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
            if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) length = Integer.parseInt(line.substring(15).strip());
        }
        for (int i = 0; i < length; i++) in.read();
        return Integer.parseInt(status.substring(9, 12));
    }
}
