package io.bignode.api.delegation;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.CapturedLog;
import io.bignode.http.Problem;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who was refused a session, and why: told, and not told a thousand times. */
class StartLogTest {
    private final AtomicLong nanos = new AtomicLong();
    private final StartLog log = new StartLog(nanos::get);
    private final CapturedLog told = new CapturedLog(StartLog.class);

    @AfterEach
    void listenNoMore() {
        told.close();
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
        assertThat(told.messages()).containsExactly(
                "a start of tenant alice from 192.0.2.9 is refused, status=429: 4 of 4 sessions run",
                "a start of tenant bob from 192.0.2.9 is refused, status=429: 10 of 10 sessions run");

        nanos.addAndGet(Duration.ofSeconds(61).toNanos());
        refuse("alice", "4 of 4 sessions run");
        assertThat(told.messages().getLast()).endsWith("4 of 4 sessions run (and 2 more since the last line about it)");
    }

    @Test
    void anotherRefusalOfTheSameTenantIsToldAtOnceAndALongReasonIsCut() {
        refuse("alice", "no room");
        log.refused("alice", "192.0.2.9", Problem.notFound("x".repeat(5000)));
        assertThat(told.messages()).hasSize(2);
        assertThat(told.messages().getLast().length()).isLessThan(700);
    }
}
