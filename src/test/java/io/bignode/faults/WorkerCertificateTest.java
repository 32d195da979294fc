package io.bignode.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.config.TlsSettings;
import io.bignode.fixtures.Certificates;
import io.bignode.fixtures.JavaProcess;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The operator's own certificate for workers: taken, renewed while the head runs, and refused when it expired. */
@Timeout(120)
class WorkerCertificateTest {
    @TempDir
    Path folder;

    private TlsSettings write(Certificates.Pair pair) throws Exception {
        return pair.write(folder.resolve("cert.pem"), folder.resolve("key.pem"));
    }

    private static Map<String, String> settings(TlsSettings files) {
        return Map.of("DELEGATION_WORKER_TLS_CERT", files.certificate().toString(), "DELEGATION_WORKER_TLS_KEY", files.key().toString());
    }

    private static String fingerprint(Certificates.Pair pair) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(pair.certificate().getEncoded()));
    }

    @Test
    @Tag("full")
    void aRenewedCertificateIsShownToNewConnectionsAndAnExpiredOneIsNotTaken() throws Exception {
        Certificates.Pair first = Certificates.forLoopback();
        Certificates.Pair second = Certificates.forLoopback();
        Certificates.Pair expired = Certificates.make("EC", "ip:127.0.0.1", 9, 2);
        try (Farm farm = new Farm(folder, settings(write(first)))) {
            assertThat(farm.fingerprint).isEqualTo(fingerprint(first));
            JavaProcess old = farm.worker("old", 1, 100);
            write(second);
            farm.head.await(line -> line.contains(folder.resolve("cert.pem").toString()));
            farm.fingerprint = fingerprint(second);
            farm.worker("new", 1, 100);
            assertThat(old.lines()).extracting(JavaProcess.Line::text).as("its connection goes on").noneMatch(line -> line.startsWith("apart"));
            write(expired);
            farm.head.await(line -> line.contains("alarm worker-tls-files") && line.contains("expired"));
            farm.worker("newer", 1, 100);
        }
    }

    @Test
    void anExpiredOneIsRefusedAtTheStart() throws Exception {
        Certificates.Pair good = Certificates.forLoopback();
        Certificates.Pair expired = Certificates.make("EC", "ip:127.0.0.1", 9, 2);
        try (Farm farm = new Farm(folder, settings(write(good)))) {
            farm.head.kill();
            write(expired);
            JavaProcess head = farm.process();
            assertThat(head.end(Duration.ofSeconds(30))).isEqualTo(2);
            assertThat(head.tail()).contains("cert.pem expired at").contains("renew it");
        }
    }
}
