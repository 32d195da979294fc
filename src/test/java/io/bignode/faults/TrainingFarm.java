package io.bignode.faults;

import io.bignode.Main;
import io.bignode.fixtures.Waiting;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/**
 * A head, a worker of simulated devices and a small node in one process, which ends once a nonce was found and delivered: while the JVM notes what it loads,
 * for the ahead-of-time cache of the processes that tests start ({@link io.bignode.fixtures.Program}).
 */
public final class TrainingFarm {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private TrainingFarm() {}

    /** The environment it runs in, with its data in a folder. */
    public static Map<String, String> environment(Path data) {
        Map<String, String> environment = new HashMap<>(Farm.settings(data, Farm.freePort(), Farm.freePort()));
        environment.put("DELEGATION_VERIFY_SHARE", "0");
        environment.put(SimulatedWorker.tokenVariable(), Farm.JOIN_TOKEN);
        return environment;
    }

    /** Runs it. */
    public static void main(String[] args) throws Exception {
        Path certificate = Path.of(System.getenv("DELEGATION_DATA_DIR"), Farm.CERTIFICATE);
        String workerPort = System.getenv("DELEGATION_WORKER_PORT");
        Thread.ofPlatform().daemon().start(() -> Main.main(new String[] {"serve"}));
        Waiting.until(LIMIT, () -> "no certificate", () -> Files.exists(certificate));
        String fingerprint = fingerprint(certificate);
        Thread.ofPlatform().daemon().start(() -> work(workerPort, fingerprint));
        try (Recorder recorder = new Recorder(Integer.parseInt(System.getenv("DELEGATION_PORT")), Farm.TOKEN, "training", false)) {
            Waiting.until(LIMIT, () -> "no nonces", () -> recorder.count() > 0);
        }
        System.exit(0);
    }

    private static void work(String port, String fingerprint) {
        try {
            SimulatedWorker.main(new String[] {port, fingerprint, "training", "1", "200", "-1", "true"});
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static String fingerprint(Path certificate) throws Exception {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(certificate)) {
            keys.load(in, "bignode".toCharArray());
        }
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(keys.getCertificate("head").getEncoded()));
    }
}
