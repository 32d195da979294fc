package io.bignode.http;

import static io.bignode.http.DocumentedDialectTest.assertProblem;
import static io.bignode.http.TestNode.OPERATOR_TOKEN;
import static io.bignode.http.TestNode.OTHER_TOKEN;
import static io.bignode.http.TestNode.TOKEN;
import static io.bignode.http.TestNode.startBody;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.api.operator.LiveResource;
import io.bignode.fixtures.Waiting;
import io.bignode.session.Session;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OverviewTest {
    private static final String OVERVIEW = "//api/v1/overview";

    @Test
    void theOperatorSeesEverySessionDeviceWorkerAndAlarm() {
        try (TestNode node = new TestNode()) {
            Session session = node.start(startBody());
            node.compute(session, 3);
            node.compute(session, 4);
            node.get("/batch/" + session.id() + "?after=1", TOKEN);

            JsonNode seen = TestNode.json(node.get(OVERVIEW, OPERATOR_TOKEN));

            assertThat(seen.get("scope").asText()).isEqualTo("all");
            assertThat(seen.get("tenant").asText()).isEqualTo("operator");
            assertThat(seen.get("status").asText()).isEqualTo("ready");
            JsonNode line = seen.get("sessions").get(0);
            assertThat(line.get("session_id").asText()).isEqualTo(session.id());
            assertThat(line.get("tenant").asText()).isEqualTo("first");
            assertThat(line.get("block_height").asLong()).isEqualTo(9_007_199_254_740_993L);
            assertThat(line.get("status").asText()).isEqualTo("generating");
            assertThat(line.get("raw").asLong()).isEqualTo(7);
            assertThat(line.get("valid").asLong()).isEqualTo(7);
            assertThat(line.get("delivered").asLong()).isEqualTo(3);
            assertThat(line.get("undelivered").asLong()).isEqualTo(4);
            assertThat(line.get("batches").asLong()).isEqualTo(2);
            assertThat(line.get("settled_batches").asLong()).isEqualTo(1);
            assertThat(line.get("raw_per_minute").asDouble()).isPositive();
            assertThat(line.get("error").isNull()).isTrue();
            assertThat(seen.get("totals").get("running_sessions").asInt()).isEqualTo(1);
            assertThat(seen.get("devices").get(0).get("device_id").asText()).isEqualTo("local/cpu");
            assertThat(seen.get("devices").get(0).get("temperature_celsius").isNull()).isTrue();
            assertThat(seen.get("workers")).hasSize(1);
            assertThat(seen.get("alarms").get(0).get("key").asText()).isEqualTo("store");
        }
    }

    @Test
    void aTenantAmongOthersSeesItsOwnSessionsAndNothingOfTheFarm() {
        try (TestNode node = new TestNode()) {
            Session session = node.start(startBody());
            node.compute(session, 3);

            JsonNode own = TestNode.json(node.get(OVERVIEW, TOKEN));
            JsonNode others = TestNode.json(node.get(OVERVIEW, OTHER_TOKEN));

            assertThat(own.get("scope").asText()).isEqualTo("own");
            assertThat(own.get("sessions")).hasSize(1);
            assertThat(others.toString()).doesNotContain(session.id());
            assertThat(others.get("totals").get("raw").asLong()).isZero();
            assertThat(others.get("totals").get("raw_per_minute").asDouble()).isZero();
            for (JsonNode seen : List.of(own, others)) {
                assertThat(seen.get("devices")).isEmpty();
                assertThat(seen.get("workers")).isEmpty();
                assertThat(seen.get("alarms")).isEmpty();
            }
        }
    }

    @Test
    void theOnlyTenantSeesEverything() {
        try (TestNode node = new TestNode(4, Duration.ofSeconds(75), true)) {
            JsonNode seen = TestNode.json(node.get(OVERVIEW, TOKEN));
            assertThat(seen.get("scope").asText()).isEqualTo("all");
            assertThat(seen.get("tenant").asText()).isEqualTo("first");
            assertThat(seen.get("devices")).hasSize(1);
        }
    }

    @Test
    void theStreamBeginsWithTheSeriesAndGoesOnSecondBySecond() throws Exception {
        try (TestNode node = new TestNode()) {
            Session session = node.start(startBody());
            node.compute(session, 5);
            try (EventReader events = new EventReader(node.connect(), "/api/v1/overview", OPERATOR_TOKEN)) {
                assertThat(events.status).contains("200");
                assertThat(events.headers.get("content-type")).isEqualTo("text/event-stream");
                EventReader.Event series = events.next().orElseThrow();
                EventReader.Event first = events.next().orElseThrow();
                node.compute(session, 2);

                assertThat(series.name()).isEqualTo("series");
                JsonNode lines = TestNode.JSON.readTree(series.data());
                assertThat(lines.get("step_seconds").asInt()).isEqualTo(2);
                assertThat(sum(lines.get("total").get("raw"))).isEqualTo(5);
                assertThat(sum(lines.get("sessions").get(session.id()).get("valid"))).isEqualTo(5);
                assertThat(lines.get("devices")).hasSize(1);
                assertThat(first.name()).isEqualTo("overview");
                assertThat(raw(first)).isEqualTo(5);
                long raw = 5;
                while (raw < 7) raw = raw(events.next().orElseThrow());
                assertThat(raw).isEqualTo(7);
            }
        }
    }

    @Test
    void theStreamEndsInOrderWhenTheServerDrainsAndHoldsNobodyUp() throws Exception {
        TestNode node = new TestNode();
        try (EventReader events = new EventReader(node.connect(), "/api/v1/overview", OPERATOR_TOKEN)) {
            events.next();
            long begun = System.nanoTime();
            node.server.drain();
            Optional<EventReader.Event> event = events.next();
            while (event.isPresent()) event = events.next();
            node.close();
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).as("less than the grace").isLessThan(Duration.ofSeconds(2));
        } finally {
            node.close();
        }
    }

    @Test
    void noMoreStreamAtATimeThanMay() throws Exception {
        try (TestNode node = new TestNode()) {
            List<EventReader> open = new ArrayList<>();
            try {
                for (int i = 0; i < LiveResource.MAX_STREAMS_OF_VIEWER; i++) open.add(new EventReader(node.connect(), "/api/v1/overview", OPERATOR_TOKEN));
                assertProblem(node.send(node.request(OVERVIEW, OPERATOR_TOKEN).header("Accept", "text/event-stream").GET()), 429);
                assertThat(node.get(OVERVIEW, OPERATOR_TOKEN).statusCode()).as("without streaming").isEqualTo(200);
                try (EventReader tenant = new EventReader(node.connect(), "/api/v1/overview", TOKEN)) {
                    assertThat(tenant.status).as("another viewer's streams are its own").contains("200");
                }
                for (EventReader one : open) one.close();
                awaitRoom(node);
            } finally {
                for (EventReader one : open) one.close();
            }
        }
    }

    /** Waits until the server noticed that clients are gone. */
    private static void awaitRoom(TestNode node) throws IOException {
        while (true) {
            try (EventReader again = new EventReader(node.connect(), "/api/v1/overview", OPERATOR_TOKEN)) {
                if (again.status.contains("200")) return;
            }
            Thread.onSpinWait();
        }
    }

    @Test
    void aStreamOutlivesTheTimeAfterWhichStalledConnectionsAreCut() throws Exception {
        Duration stalled = Duration.ofMillis(800);
        try (TestNode node = new TestNode(4, stalled);
                EventReader events = new EventReader(node.connect(), "/api/v1/overview", OPERATOR_TOKEN)) {
            long begun = System.nanoTime();
            while (System.nanoTime() - begun < 4 * stalled.toNanos()) assertThat(events.next()).isPresent();
        }
    }

    @Test
    void aClientThatReadsNothingIsCut() throws Exception {
        try (TestNode node = new TestNode(4, Duration.ofMillis(800));
                Socket narrow = node.connectNarrow()) {
            // More than the system buffers.
            node.alarm.set("x".repeat(16 << 20));
            EventReader events = new EventReader(narrow, "/api/v1/overview", OPERATOR_TOKEN);
            Waiting.until("the connection is cut", () -> node.server.openConnections() == 0);
            assertThatThrownBy(() -> {
                while (events.next().isPresent()) Thread.onSpinWait();
            }).isInstanceOf(IOException.class);
        }
    }

    private static long raw(EventReader.Event overview) throws IOException {
        return TestNode.JSON.readTree(overview.data()).get("totals").get("raw").asLong();
    }

    private static long sum(JsonNode numbers) {
        long sum = 0;
        for (JsonNode number : numbers) sum += number.asLong();
        return sum;
    }
}
