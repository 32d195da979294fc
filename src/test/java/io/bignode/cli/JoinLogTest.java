package io.bignode.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.broker.JoinFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class JoinLogTest {
    private static final Logger LOGGER = Logger.getLogger(JoinLog.class.getName());

    private final List<String> lines = new ArrayList<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord entry) {
            lines.add(entry.getLevel() + " " + entry.getMessage() + " " + List.of(entry.getParameters()));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };
    private long seconds;
    private final JoinLog log = new JoinLog("farm", "head:9091", () -> TimeUnit.SECONDS.toNanos(seconds));

    @BeforeEach
    void listen() {
        LOGGER.setUseParentHandlers(false);
        LOGGER.addHandler(handler);
    }

    @AfterEach
    void stop() {
        LOGGER.removeHandler(handler);
        LOGGER.setUseParentHandlers(true);
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
        assertThat(lines).hasSize(2);
        seconds = 60;
        apart(JoinFailure.Kind.REFUSED, "b");
        log.joined();
        apart(JoinFailure.Kind.REFUSED, "b");
        assertThat(lines).containsExactly(
                "WARNING worker {0} is not connected to {1}, trying again: {2} [farm, head:9091, a]",
                "SEVERE worker {0} is not connected to {1}, trying again: {2} [farm, head:9091, b]",
                "SEVERE worker {0} is not connected to {1}, trying again: {2} [farm, head:9091, b]",
                "INFO joined {0} as worker {1} [head:9091, farm]",
                "SEVERE worker {0} is not connected to {1}, trying again: {2} [farm, head:9091, b]");
    }
}
