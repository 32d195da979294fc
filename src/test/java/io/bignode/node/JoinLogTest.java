package io.bignode.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.broker.JoinFailure;
import io.bignode.fixtures.CapturedLog;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JoinLogTest {
    @TempDir
    Path folder;

    private final CapturedLog told = new CapturedLog(JoinLog.class);
    private long seconds;
    private WorkerState state;
    private JoinLog log;

    @BeforeEach
    void start() {
        state = new WorkerState(folder, Duration.ofHours(1));
        log = new JoinLog("farm", "head:9091", state, () -> TimeUnit.SECONDS.toNanos(seconds));
    }

    @AfterEach
    void stop() {
        state.close();
        told.close();
    }

    private void apart(JoinFailure.Kind kind, String reason) {
        log.apart(new JoinFailure(kind, reason));
    }

    @Test
    void aReasonIsToldWhenItChangesAndOnceAMinute() {
        apart(JoinFailure.Kind.AWAY, "a");
        apart(JoinFailure.Kind.AWAY, "a");
        apart(JoinFailure.Kind.REFUSED, "b");
        seconds = 59;
        apart(JoinFailure.Kind.REFUSED, "b");
        assertThat(told.lines()).hasSize(2);
        seconds = 60;
        apart(JoinFailure.Kind.REFUSED, "b");
        log.joined();
        apart(JoinFailure.Kind.REFUSED, "b");
        String again = "SEVERE worker farm is not connected to head:9091, trying again: b";
        assertThat(told.lines()).containsExactly(
                "WARNING worker farm is not connected to head:9091, trying again: a", again, again, "INFO worker farm joined head:9091", again);
    }

    @Test
    void healthChecksSeeWhetherItIsConnected() throws IOException {
        log.joined();
        assertThat(folder.resolve("worker-state")).hasContent("joined");
        apart(JoinFailure.Kind.AWAY, "a");
        assertThat(folder.resolve("worker-state")).hasContent("apart");
    }
}
