package io.bignode.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.text.MessageFormat;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The line that sums up a session when nothing more will come of it. */
class SprintTest {
    private final ManualTime time = new ManualTime();
    private final MemoryStore store = new MemoryStore();
    private Sessions sessions = new Sessions(SessionRules.of(4, Duration.ofSeconds(330)), time, time, store);
    private final List<String> lines = new ArrayList<>();
    private final List<String> templates = new ArrayList<>();
    private final Logger logger = Logger.getLogger(Session.class.getName());
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord record) {
            if (!record.getMessage().startsWith("sprint")) return;
            templates.add(record.getMessage());
            lines.add(new MessageFormat(record.getMessage(), Locale.ROOT).format(record.getParameters()));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        logger.setLevel(Level.INFO); // other tests of this process may have quieted those above it
        logger.addHandler(handler);
    }

    @AfterEach
    void listenNoMore() {
        logger.removeHandler(handler);
        logger.setLevel(null);
    }

    private Session start() {
        return ((StartOutcome.Started) sessions.start(Orders.of("sprint"))).session();
    }

    private void land(Flight flight, int found, Duration deviceTime) {
        List<Found> nonces = new ArrayList<>();
        for (int i = 0; i < found; i++) nonces.add(new Found(i, "1.0"));
        sessions.land(List.of(new Landing(flight.leaseId(), flight.range().count(), nonces, deviceTime.toNanos(), Provenance.of("gpu"), false)));
    }

    @Test
    void itCountsWhatWasDoneAndHowMuchTheDevicesIdled() {
        sessions.activity().devices(2);
        Session session = start();
        Flight first = session.take("gpu", 10).orElseThrow();
        time.pass(Duration.ofSeconds(4));
        land(first, 3, Duration.ofSeconds(3));
        session.settle(1);
        Flight last = session.take("gpu", 5).orElseThrow();
        time.pass(Duration.ofSeconds(6));

        sessions.stop("alice", session.id());
        assertThat(lines).as("a lease is in flight").isEmpty();
        land(last, 1, Duration.ofSeconds(2));

        assertThat(lines).containsExactly("sprint of session " + session.id() + " is over: status=stopped raw=15 valid=4 delivered=3 device_seconds=5.000"
                + " idle_share=0.750 tenant=alice first_batch_seconds=4.000");
        sessions.stop("alice", session.id());
        assertThat(lines).as("told once").hasSize(1);
        assertThat(templates).singleElement().asString().as("figures that a log for machines has as fields").contains("session {0}", "valid={3", "tenant={7}");
    }

    @Test
    void afterARestartItSumsUpTheWholeLife() {
        Session session = start();
        time.pass(Duration.ofSeconds(4));
        land(session.take("gpu", 10).orElseThrow(), 3, Duration.ofSeconds(3));
        sessions = new Sessions(SessionRules.of(4, Duration.ofSeconds(330)), time, time, store);
        Session again = sessions.find("alice", session.id()).orElseThrow();
        land(again.take("gpu", 5).orElseThrow(), 1, Duration.ofSeconds(2));
        again.settle(2);
        sessions.stop("alice", again.id());
        assertThat(lines).containsExactly("sprint of session " + session.id() + " is over: status=stopped raw=15 valid=4 delivered=4 device_seconds=5.000"
                + " idle_share=0.000 tenant=alice first_batch_seconds=4.000");
    }

    @Test
    void oneThatFoundNothingSaysSo() {
        Session session = start();
        time.pass(Duration.ofSeconds(400));
        sessions.tick();
        assertThat(lines).containsExactly("sprint of session " + session.id()
                + " is over: status=expired raw=0 valid=0 delivered=0 device_seconds=0.000 idle_share=0.000 tenant=alice first_batch_seconds=none");
    }
}
