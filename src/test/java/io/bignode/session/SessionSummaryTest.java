package io.bignode.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.CapturedLog;
import io.bignode.fixtures.ManualTime;
import io.bignode.protocol.Found;
import io.bignode.protocol.Provenance;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The line that sums up a session when nothing more will come of it. */
class SessionSummaryTest {
    private final ManualTime time = new ManualTime();
    private final MemoryStore store = new MemoryStore();
    private Sessions sessions = new Sessions(SessionRules.of(4, Duration.ofSeconds(330)), time, time, store);
    private final CapturedLog log = new CapturedLog(Session.class);

    @AfterEach
    void listenNoMore() {
        log.close();
    }

    private List<LogRecord> told() {
        return log.records().stream().filter(record -> record.getMessage().contains(" is over: ")).toList();
    }

    private List<String> lines() {
        return log.messages().stream().filter(line -> line.contains(" is over: ")).toList();
    }

    private Session start() {
        return ((StartOutcome.Started) sessions.start(Orders.of("sprint"))).session();
    }

    private void land(LeasedRange flight, int found, Duration deviceTime) {
        List<Found> nonces = new ArrayList<>();
        for (int i = 0; i < found; i++) nonces.add(new Found(i, "1.0"));
        sessions.land(List.of(new LeaseResult(flight.leaseId(), flight.range().count(), nonces, deviceTime.toNanos(), Provenance.of("gpu"), false)));
    }

    @Test
    void itCountsWhatWasDoneAndHowMuchTheDevicesIdled() {
        sessions.activity().devices(2);
        Session session = start();
        LeasedRange first = session.take("gpu", 10).orElseThrow();
        time.pass(Duration.ofSeconds(4));
        land(first, 3, Duration.ofSeconds(3));
        session.delivery().settle(1);
        LeasedRange last = session.take("gpu", 5).orElseThrow();
        time.pass(Duration.ofSeconds(6));

        sessions.stop("alice", session.id());
        assertThat(lines()).as("a lease is in flight").isEmpty();
        land(last, 1, Duration.ofSeconds(2));

        assertThat(lines()).containsExactly("session " + session.id() + " is over: status=stopped computed=15 found=4 delivered=3 device_seconds=5.000"
                + " idle_share=0.750 tenant=alice first_batch_seconds=4.000");
        sessions.stop("alice", session.id());
        assertThat(lines()).as("told once").hasSize(1);
        assertThat(told()).extracting(LogRecord::getMessage).singleElement().asString().as("figures that a log for machines has as fields")
                .contains("session {0}", "found={3", "tenant={7}");
    }

    @Test
    void afterARestartItSumsUpTheWholeLife() {
        Session session = start();
        time.pass(Duration.ofSeconds(4));
        land(session.take("gpu", 10).orElseThrow(), 3, Duration.ofSeconds(3));
        sessions = new Sessions(SessionRules.of(4, Duration.ofSeconds(330)), time, time, store);
        Session again = sessions.find("alice", session.id()).orElseThrow();
        land(again.take("gpu", 5).orElseThrow(), 1, Duration.ofSeconds(2));
        again.delivery().settle(2);
        sessions.stop("alice", again.id());
        assertThat(lines()).containsExactly("session " + session.id() + " is over: status=stopped computed=15 found=4 delivered=4 device_seconds=5.000"
                + " idle_share=0.000 tenant=alice first_batch_seconds=4.000");
    }

    @Test
    void oneThatFoundNothingSaysSo() {
        Session session = start();
        time.pass(Duration.ofSeconds(400));
        sessions.tick();
        assertThat(lines()).containsExactly("session " + session.id()
                + " is over: status=expired computed=0 found=0 delivered=0 device_seconds=0.000 idle_share=0.000 tenant=alice first_batch_seconds=none");
    }
}
