package io.bignode.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.broker.ArtemisWorker;
import io.bignode.broker.BrokerAccess;
import io.bignode.broker.ConnectedHeadTest;
import io.bignode.broker.JoinFailure;
import io.bignode.broker.JoinTls;
import io.bignode.cli.terminal.Finding;
import io.bignode.node.tls.HeadCertificate;
import io.bignode.protocol.DeviceOffer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What doctor says of the way from a worker's host to a head that is there. */
@Timeout(60)
class JoinChecksTest extends ConnectedHeadTest {
    private final Map<String, String> environment = new TreeMap<>();

    @BeforeEach
    void start() throws Exception {
        environment.put("DELEGATION_JOIN_TOKEN", JoinTls.TOKEN);
        environment.put("DELEGATION_DATA_DIR", folder.resolve("data").toString());
    }

    private List<String> findings(String join, String fingerprint) {
        environment.put("DELEGATION_JOIN", join);
        environment.put("DELEGATION_JOIN_FINGERPRINT", fingerprint);
        return JoinChecks.run(environment).stream().map(Finding::toString).toList();
    }

    private List<String> findings() {
        return findings("127.0.0.1:" + broker.port(), HeadCertificate.fingerprint(tls.certificate()));
    }

    @Test
    void whereAllIsWellFourFindingsSaySoAndNothingIsWritten() {
        assertThat(findings()).satisfiesExactly(
                line -> assertThat(line).startsWith("ok    reach     127.0.0.1:"),
                line -> assertThat(line).isEqualTo("ok    join      the head accepts this join token"),
                line -> assertThat(line).startsWith("ok    protocol  head and worker understand each other"),
                line -> assertThat(line).startsWith("ok    name      no worker named"));
        assertThat(folder.resolve("data")).doesNotExist();
    }

    @Test
    void eachOfSeveralHeadsIsLookedAtAndNamed() throws Exception {
        int closed;
        try (ServerSocket nobody = new ServerSocket(0)) {
            closed = nobody.getLocalPort();
        }
        String sound = "127.0.0.1:" + broker.port();
        String absent = "127.0.0.1:" + closed;
        assertThat(findings(sound + "," + absent, HeadCertificate.fingerprint(tls.certificate()) + "," + "0".repeat(64))).satisfiesExactly(
                line -> assertThat(line).startsWith("ok    reach     " + sound + ": " + sound + " answers"),
                line -> assertThat(line).isEqualTo("ok    join      " + sound + ": the head accepts this join token"),
                line -> assertThat(line).startsWith("ok    protocol  " + sound + ": "),
                line -> assertThat(line).startsWith("ok    name      " + sound + ": "),
                line -> assertThat(line).startsWith("FAIL  reach     " + absent + ": nothing listens on " + absent));
    }

    @Test
    void aWrongTokenAndQuarantineAreToldApart() {
        environment.put("DELEGATION_WORKER_NAME", "bad");
        broker.quarantine("bad");
        assertThat(findings().getLast()).startsWith("FAIL  join      the head keeps worker bad in quarantine").contains("bignode admit bad");
        environment.put("DELEGATION_JOIN_TOKEN", "a-token-that-nobody-gave");
        assertThat(findings().getLast()).startsWith("FAIL  join      the head refuses this join token").contains("join-token").doesNotContain("nobody-gave");
        environment.remove("DELEGATION_JOIN_TOKEN");
        assertThat(findings()).singleElement().asString().startsWith("FAIL  settings  DELEGATION_JOIN_TOKEN is not set");
    }

    @Test
    void anotherCertificateAnotherProgramAndNobodyAreToldApart() throws Exception {
        assertThat(findings("127.0.0.1:" + broker.port(), "0".repeat(64))).singleElement().asString()
                .startsWith("FAIL  reach     the head's certificate has fingerprint " + HeadCertificate.fingerprint(tls.certificate()));
        assertThat(findings("no-such-host.invalid:9091", "0".repeat(64))).singleElement().asString()
                .startsWith("FAIL  reach     the name no-such-host.invalid cannot be resolved");
        int port;
        try (ServerSocket deaf = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            port = deaf.getLocalPort();
            Thread.ofVirtual().start(() -> {
                try (var client = deaf.accept()) {
                    client.getOutputStream().write("SSH-2.0-other\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                    client.getInputStream().readAllBytes();
                } catch (java.io.IOException e) {
                    // it hung up
                }
            });
            assertThat(findings("127.0.0.1:" + port, "0".repeat(64))).singleElement().asString()
                    .contains("does not speak TLS as a head's port for workers does", "DELEGATION_WORKER_PORT");
        }
        assertThat(findings("127.0.0.1:" + port, "0".repeat(64))).singleElement().asString().startsWith("FAIL  reach     nothing listens on 127.0.0.1:" + port);
    }

    @Test
    void aNameThatIsTakenIsToldWithWhoHasIt() throws Exception {
        CountDownLatch joined = new CountDownLatch(1);
        ArtemisWorker.Watcher watcher = new ArtemisWorker.Watcher() {
            @Override
            public void joined() {
                joined.countDown();
            }

            @Override
            public void apart(JoinFailure failure) {}
        };
        BrokerAccess access = tls.access(broker.port(), "farm");
        try (ArtemisWorker worker = new ArtemisWorker("farm", List.of(new DeviceOffer("farm/cpu", "x", 1, 4)), access, watcher)) {
            worker.start();
            joined.await();
            environment.put("DELEGATION_WORKER_NAME", "farm");
            assertThat(findings().getLast()).startsWith("warn  name      a worker named farm is connected from 127.0.0.1:").contains("DELEGATION_WORKER_NAME");
        }
        assertThat(Files.exists(folder.resolve("data"))).isFalse();
    }
}
