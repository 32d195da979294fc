package io.bignode.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.JavaProcess;
import io.bignode.fixtures.Waiting;
import io.bignode.session.store.Postgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two heads on one PostgreSQL database and behind one address: whichever is killed, the other goes on where it was. */
class FailoverTest {
    @TempDir
    Path folder;

    private static final int TURNS = 3;
    private static final int WORKERS = 2;

    /** A head, and where it listens. */
    private record Place(Path data, int port, int workerPort) {}

    @Test
    @Tag("full")
    @Timeout(240)
    void nothingIsLostAndNothingComesTwiceWhenHeadsTakeTurns() throws Exception {
        String url = Postgres.database();
        try (Farm farm = new Farm(folder, Map.of("DELEGATION_DB_URL", url, "DELEGATION_VERIFY_SHARE", "0"));
                CuttingProxy api = new CuttingProxy(farm.port);
                CuttingProxy door = new CuttingProxy(farm.workerPort)) {
            Place[] places = {
                new Place(folder.resolve("head"), farm.port, farm.workerPort), new Place(folder.resolve("second"), Farm.freePort(), Farm.freePort())
            };
            // Workers know both by the same certificate.
            Files.createDirectory(places[1].data());
            Files.copy(places[0].data().resolve(Farm.CERTIFICATE), places[1].data().resolve(Farm.CERTIFICATE));
            JavaProcess serving = farm.head;
            JavaProcess waiting = standby(farm, places[1]);
            for (int i = 0; i < WORKERS; i++) farm.worker("worker-" + i, 2, 200, -1, false, door.port());
            try (Recorder recorder = new Recorder(api.port(), Farm.TOKEN, "key", false)) {
                for (int turn = 1; turn <= TURNS; turn++) {
                    int more = recorder.count() + 50;
                    Waiting.until(Duration.ofSeconds(60), () -> "no results", () -> recorder.count() > more);
                    serving.kill();
                    Place next = places[turn % 2];
                    api.lead(next.port());
                    door.lead(next.workerPort());
                    waiting.await(line -> line.contains("this one serves now"));
                    serving = waiting;
                    waiting = standby(farm, places[(turn + 1) % 2]);
                }
                int more = recorder.count() + 50;
                JavaProcess last = serving;
                Waiting.until(Duration.ofSeconds(60), last::tail, () -> recorder.count() > more);
                long highest = recorder.highest();
                Waiting.until(Duration.ofSeconds(60), () -> "lost: " + recorder.missing(highest) + "\n" + last.tail(), () ->
                        recorder.missing(highest).isEmpty());
                assertThat(recorder.wrongs()).isEmpty();
                assertThat(recorder.repeated()).isZero();
            }
        }
    }

    private static JavaProcess standby(Farm farm, Place place) throws Exception {
        JavaProcess head = farm.another(place.data(), place.port(), place.workerPort());
        head.await(line -> line.contains("this one is a standby"));
        return head;
    }
}
