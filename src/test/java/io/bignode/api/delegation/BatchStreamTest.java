package io.bignode.api.delegation;

import static io.bignode.http.DocumentedDialectTest.assertProblem;
import static io.bignode.http.TestNode.TOKEN;
import static io.bignode.http.TestNode.startBody;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.http.EventReader;
import io.bignode.http.TestNode;
import io.bignode.session.Session;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BatchStreamTest {
    private static EventReader stream(TestNode node, Session session, String query, String... headers) throws IOException {
        return new EventReader(node.connect(), TestNode.API + "/batch/" + session.id() + query, TOKEN, headers);
    }

    private static List<Long> nonces(EventReader.Event event) throws IOException {
        List<Long> nonces = new ArrayList<>();
        for (JsonNode batch : TestNode.JSON.readTree(event.data()).get("batches")) batch.get("nonces").forEach(nonce -> nonces.add(nonce.asLong()));
        return nonces;
    }

    private static List<Long> listed(long[] nonces) {
        return Arrays.stream(nonces).boxed().toList();
    }

    @Test
    void batchesComeAsTheyAreFoundUntilNothingCanFollow() throws Exception {
        try (TestNode node = new TestNode()) {
            Session session = node.start(startBody());
            try (EventReader events = stream(node, session, "")) {
                assertThat(events.status).contains("200");
                long[] first = node.compute(session, 3);
                EventReader.Event one = events.next().orElseThrow();
                long[] second = node.compute(session, 2);
                EventReader.Event two = events.next().orElseThrow();
                node.delete("/session/" + session.id(), TOKEN);
                EventReader.Event last = events.next().orElseThrow();

                assertThat(one.name()).isEqualTo("batches");
                assertThat(one.id()).isEqualTo("1");
                assertThat(nonces(one)).isEqualTo(listed(first));
                assertThat(two.id()).isEqualTo("2");
                assertThat(nonces(two)).isEqualTo(listed(second));
                JsonNode end = TestNode.JSON.readTree(last.data());
                assertThat(end.get("session_active").asBoolean()).isFalse();
                assertThat(end.get("batches")).isEmpty();
                assertThat(events.next()).as("the orderly end").isEmpty();
                assertThat(session.settled()).as("what was written counts as delivered").isEqualTo(2);
                assertThat(session.active()).isFalse();
            }
        }
    }

    @Test
    void aCursorAcknowledgesWhatIsUpToItAndNothingElse() throws Exception {
        try (TestNode node = new TestNode()) {
            Session session = node.start(startBody());
            node.compute(session, 1);
            long[] second = node.compute(session, 2);
            try (EventReader events = stream(node, session, "?after=1")) {
                assertThat(nonces(events.next().orElseThrow())).isEqualTo(listed(second));
                assertThat(session.settled()).isEqualTo(1);
                node.delete("/session/" + session.id(), TOKEN);
                assertThat(TestNode.JSON.readTree(events.next().orElseThrow().data()).get("session_active").asBoolean()).isFalse();
                assertThat(events.next()).isEmpty();
            }
            assertThat(session.active()).as("the second batch was never acknowledged").isTrue();
            try (EventReader again = stream(node, session, "", "Last-Event-ID: 2")) {
                assertThat(nonces(again.next().orElseThrow())).isEmpty();
            }
            assertThat(session.active()).isFalse();
        }
    }

    @Test
    void theLastEventCountsMoreThanTheCursorOfTheAddress() throws Exception {
        try (TestNode node = new TestNode()) {
            Session session = node.start(startBody());
            node.compute(session, 1);
            long[] second = node.compute(session, 2);
            try (EventReader events = stream(node, session, "?after=0", "Last-Event-ID: 1")) {
                assertThat(nonces(events.next().orElseThrow())).isEqualTo(listed(second));
            }
        }
    }

    @Test
    void whereverTheConnectionIsCutNothingIsLostAndNothingComesTwice() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        try (TestNode node = new TestNode()) {
            Session session = node.start(startBody());
            List<Long> computed = new ArrayList<>();
            List<Long> received = new ArrayList<>();
            String cursor = "0";
            for (int cut = 0; cut < 40; cut++) {
                for (int i = random.nextInt(4); i > 0; i--) computed.addAll(listed(node.compute(session, 1 + random.nextInt(5))));
                try (EventReader events = stream(node, session, "", "Last-Event-ID: " + cursor)) {
                    for (int i = random.nextInt(3); i > 0; i--) {
                        computed.addAll(listed(node.compute(session, 1)));
                        EventReader.Event event = events.next().orElseThrow();
                        received.addAll(nonces(event));
                        cursor = event.id();
                    }
                    // What is computed now may be on its way when the connection is cut.
                    computed.addAll(listed(node.compute(session, 1)));
                }
            }
            node.delete("/session/" + session.id(), TOKEN);
            try (EventReader events = stream(node, session, "", "Last-Event-ID: " + cursor)) {
                for (Optional<EventReader.Event> event = events.next(); event.isPresent(); event = events.next()) received.addAll(nonces(event.get()));
            }
            assertThat(received).isEqualTo(computed);
        }
    }

    @Test
    void whatIsNoCursorIsRefusedBeforeTheStreamBegins() throws Exception {
        try (TestNode node = new TestNode()) {
            Session session = node.start(startBody());
            for (String id : List.of("1", "-1", "x")) {
                assertProblem(node.send(node.request("/batch/" + session.id(), TOKEN).header("Accept", "text/event-stream").header("Last-Event-ID", id).GET()),
                        422);
            }
            assertProblem(node.send(node.request("/batch/nobodys", TOKEN).header("Accept", "text/event-stream").GET()), 404);
        }
    }

    @Test
    void aServerThatDrainsEndsTheStreamAndTheSessionStaysActive() throws Exception {
        try (TestNode node = new TestNode()) {
            Session session = node.start(startBody());
            node.compute(session, 3);
            try (EventReader events = stream(node, session, "")) {
                assertThat(nonces(events.next().orElseThrow())).hasSize(3);
                node.server.drain();
                assertThat(events.next()).isEmpty();
            }
        }
    }
}
