package io.bignode.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.text.MessageFormat;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who was refused a session, and why: told, and not told a thousand times. */
class StartLogTest {
    private final AtomicLong nanos = new AtomicLong();
    private final StartLog log = new StartLog(nanos::get);
    private final List<String> lines = new ArrayList<>();
    private final Logger logger = Logger.getLogger(StartLog.class.getName());
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord record) {
            lines.add(new MessageFormat(record.getMessage(), Locale.ROOT).format(record.getParameters()));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        logger.setLevel(Level.INFO);
        logger.addHandler(handler);
    }

    @AfterEach
    void listenNoMore() {
        logger.removeHandler(handler);
        logger.setLevel(null);
    }

    private void refuse(String tenant, String detail) {
        log.refused(tenant, "192.0.2.9", Problem.full(detail, Duration.ofSeconds(5)));
    }

    @Test
    void aRefusalTellsWhoAndWhyOnceAMinute() {
        refuse("alice", "4 of 4 sessions run");
        refuse("alice", "4 of 4 sessions run");
        refuse("alice", "4 of 4 sessions run");
        refuse("bob", "10 of 10 sessions run");
        assertThat(lines).containsExactly(
                "a start of tenant alice from 192.0.2.9 is refused, status=429: 4 of 4 sessions run",
                "a start of tenant bob from 192.0.2.9 is refused, status=429: 10 of 10 sessions run");

        nanos.addAndGet(Duration.ofSeconds(61).toNanos());
        refuse("alice", "4 of 4 sessions run");
        assertThat(lines.getLast()).endsWith("4 of 4 sessions run (and 2 more since this was told last)");
    }

    @Test
    void anotherRefusalOfTheSameTenantIsToldAtOnceAndALongReasonIsCut() {
        refuse("alice", "no room");
        log.refused("alice", "192.0.2.9", Problem.notFound("x".repeat(5000)));
        assertThat(lines).hasSize(2);
        assertThat(lines.getLast().length()).isLessThan(700);
    }
}
