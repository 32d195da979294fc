package io.bignode.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bignode.fixtures.JavaProcess;
import io.bignode.fixtures.Waiting;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code bignode worker} with a setting that is wrong: what it says, how often, and what its head says. */
@Timeout(180)
class JoinFaultsTest {
    @TempDir
    Path folder;

    /** The line that tells why a worker is not connected: one event, with its time and level. */
    private static String told(JavaProcess worker, String why) throws InterruptedException {
        String line = worker.await(text -> text.contains("trying again"));
        assertThat(line).matches("\\d{4}-\\d\\d-\\d\\dT\\S+ +(ERROR|WARNING) +worker stranger is not connected to \\S+, trying again: .*").contains(why);
        return line;
    }

    @Test
    void aWrongTokenAndAWrongFingerprintAreToldInASentenceAndOnceOnly() throws Exception {
        mistakes(false, Duration.ofSeconds(4));
    }

    @Test
    @Tag("full")
    void eachMistakeIsToldInASentenceAndOnceOnly() throws Exception {
        mistakes(true, Duration.ofSeconds(8));
    }

    /**
     * Workers that cannot join.
     *
     * @param addresses whether two of them have a wrong address
     * @param watched   for how long they try again
     */
    private void mistakes(boolean addresses, Duration watched) throws Exception {
        try (Farm farm = new Farm(folder, Map.of())) {
            String right = "127.0.0.1:" + farm.workerPort;
            JavaProcess token = farm.realWorker("stranger", right, Map.of("DELEGATION_JOIN_TOKEN", "a-token-that-nobody-gave"));
            assertThat(told(token, "the head refuses this join token: set DELEGATION_JOIN_TOKEN to what stands in the file join-token")).contains("ERROR");
            JavaProcess fingerprint = farm.realWorker("stranger", right, Map.of("DELEGATION_JOIN_FINGERPRINT", "0".repeat(64)));
            assertThat(told(fingerprint, "the head's certificate has fingerprint " + farm.fingerprint + ", not the one given")).contains("ERROR");
            List<JavaProcess> workers = new ArrayList<>(List.of(token, fingerprint));
            if (addresses) {
                JavaProcess program = farm.realWorker("stranger", "127.0.0.1:" + farm.port, Map.of());
                assertThat(told(program, "does not speak TLS as a head's port for workers does: give the head's DELEGATION_WORKER_PORT")).contains("ERROR");
                String nothing = "127.0.0.1:" + Farm.freePort();
                JavaProcess absent = farm.realWorker("stranger", nothing, Map.of());
                assertThat(told(absent, "nothing listens on " + nothing)).contains("WARNING");
                workers.addAll(List.of(program, absent));
            }
            // Every one of them tried several times more within this.
            long since = System.nanoTime() + watched.toNanos();
            Waiting.until(Duration.ofSeconds(20), () -> "time stands still", () -> System.nanoTime() > since);
            System.out.println(farm.head.tail());
            for (JavaProcess worker : workers) {
                assertThat(worker.lines()).extracting(JavaProcess.Line::text).filteredOn(line -> line.contains("trying again")).hasSize(1);
                assertThat(worker.lines()).extracting(JavaProcess.Line::text).noneMatch(line -> line.contains("AMQ"));
                assertThat(worker.lines()).noneMatch(line -> line.text().contains(Farm.JOIN_TOKEN) || line.text().contains("nobody-gave"));
            }
            assertThat(farm.head.lines()).extracting(JavaProcess.Line::text)
                    .filteredOn(line -> line.contains("worker stranger from 127.0.0.1") && line.contains("its join token is not this head's")).hasSize(1);
            assertThat(farm.head.lines()).extracting(JavaProcess.Line::text)
                    .filteredOn(line -> line.contains("127.0.0.1") && line.contains("ended the TLS handshake")).hasSize(1);
            assertThat(farm.head.lines()).extracting(JavaProcess.Line::text).noneMatch(line -> line.contains("AMQ"));
        }
    }

    @Test
    @Tag("full")
    void whereLogsAreJsonTheLineIsAnObject() throws Exception {
        try (Farm farm = new Farm(folder, Map.of())) {
            JavaProcess worker = farm.realWorker("stranger", "127.0.0.1:" + Farm.freePort(), Map.of("DELEGATION_LOG_FORMAT", "json"));
            JsonNode event = new ObjectMapper().readTree(worker.await(line -> line.contains("trying again")));
            assertThat(event.get("level").asText()).isEqualTo("WARNING");
            assertThat(event.get("worker").asText()).isEqualTo("stranger");
            assertThat(event.get("time").asText()).isNotEmpty();
            JavaProcess joined = farm.realWorker("friend", "127.0.0.1:" + farm.workerPort, Map.of("DELEGATION_LOG_FORMAT", "json"));
            assertThat(new ObjectMapper().readTree(joined.await(line -> line.contains("joined"))).get("worker").asText()).isEqualTo("friend");
        }
    }
}
