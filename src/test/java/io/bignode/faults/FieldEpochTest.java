package io.bignode.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.field.FieldClient;
import io.bignode.field.FieldClient.End;
import io.bignode.field.Http10Proxy;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The three things that end a small node's epoch in the field, against a head that is a process of its own: a refused start, a session that ends before
 * the chain's stop, a restart. Each by one way in every run, and both directly and through a proxy that speaks HTTP/1.0 in the full one.
 */
class FieldEpochTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    /** How the small node reaches the head. */
    enum Way {
        DIRECTLY,
        THROUGH_HTTP_1_0
    }

    @TempDir
    Path folder;

    /** A head with simulated workers, and the address at which small nodes find it. */
    private static final class Field implements AutoCloseable {
        final Farm farm;
        private final Http10Proxy proxy;
        private final Way way;

        Field(Path folder, Way way, Map<String, String> settings) throws Exception {
            this.way = way;
            Map<String, String> all = new HashMap<>(settings);
            all.put("DELEGATION_VERIFY_SHARE", "0"); // a single worker's results would wait for another one to check them
            this.farm = new Farm(folder, all);
            this.proxy = new Http10Proxy(farm.port);
        }

        FieldClient client() {
            return new FieldClient(way == Way.DIRECTLY ? URI.create("http://127.0.0.1:" + farm.port) : proxy.uri(), Farm.TOKEN);
        }

        @Override
        public void close() throws IOException {
            proxy.close();
            farm.close();
        }
    }

    private static void awaitMoreNonces(FieldClient client) throws InterruptedException {
        int had = client.nonces().size();
        client.await("more nonces", SOON, it -> it.nonces().size() > had);
    }

    private static void assertEndedWell(FieldClient client) {
        assertThat(client.end()).as(client.toString()).isEqualTo(End.STOPPED_BY_THE_CHAIN);
        assertThat(client.stopAccepted()).as(client.toString()).isTrue();
        client.nonces().forEach((nonce, distance) -> {
            assertThat(SimulatedProof.counts(nonce)).as("nonce %d counts", nonce).isTrue();
            assertThat(Math.abs(distance - SimulatedProof.distance(nonce))).isLessThan(1e-5);
        });
    }

    private static void assertEndedWithoutTrouble(FieldClient client) {
        assertEndedWell(client);
        assertThat(client.errors()).isEmpty();
        assertThat(client.repeated()).isZero();
    }

    @Test
    @Timeout(120)
    void aStartBeyondTheSessionLimitWaitsForItsTurnAndThenGetsNonces() throws Exception {
        turn(Way.DIRECTLY);
    }

    @Test
    @Tag("full")
    @Timeout(240)
    void aStartBeyondTheSessionLimitWaitsForItsTurnAndThenGetsNoncesByTheOtherWay() throws Exception {
        turn(Way.THROUGH_HTTP_1_0);
    }

    private void turn(Way way) throws Exception {
        try (Field field = new Field(folder, way, Map.of("DELEGATION_MAX_SESSIONS", "1"));
                FieldClient first = field.client();
                FieldClient second = field.client()) {
            field.farm.worker("w", 1, 300);
            awaitMoreNonces(first.start(Recorder.order("first")));

            second.start(Recorder.order("second")).await("polls while it waits", SOON, it -> it.goodPolls() >= 3);
            assertThat(second.status()).isEqualTo("initializing");
            assertThat(second.message()).as("its position").containsPattern("[0-9]");
            assertThat(second.nonces()).isEmpty();

            first.chainStops();
            awaitMoreNonces(second);
            second.chainStops();
            assertEndedWithoutTrouble(first);
            assertEndedWithoutTrouble(second);
        }
    }

    @Test
    @Tag("full")
    @Timeout(120)
    void aStartWithoutAnyDeviceWaitsForOneAndThenGetsNonces() throws Exception {
        device(Way.THROUGH_HTTP_1_0);
    }

    @Test
    @Tag("full")
    @Timeout(240)
    void aStartWithoutAnyDeviceWaitsForOneAndThenGetsNoncesByTheOtherWay() throws Exception {
        device(Way.DIRECTLY);
    }

    private void device(Way way) throws Exception {
        try (Field field = new Field(folder, way, Map.of());
                FieldClient client = field.client()) {
            client.start(Recorder.order("early")).await("polls while it waits", SOON, it -> it.goodPolls() >= 3);
            assertThat(client.status()).isEqualTo("initializing");

            field.farm.worker("w", 1, 300);
            awaitMoreNonces(client);
            client.chainStops();
            assertEndedWithoutTrouble(client);
        }
    }

    @Test
    @Tag("full")
    @Timeout(120)
    void aSessionWhoseLifeEndsBeforeTheChainsStopStaysActiveAndTakesNobodysPlace() throws Exception {
        lifesEnd(Way.DIRECTLY);
    }

    @Test
    @Tag("full")
    @Timeout(240)
    void aSessionWhoseLifeEndsBeforeTheChainsStopStaysActiveAndTakesNobodysPlaceByTheOtherWay() throws Exception {
        lifesEnd(Way.THROUGH_HTTP_1_0);
    }

    private void lifesEnd(Way way) throws Exception {
        Map<String, String> settings = Map.of("DELEGATION_MAX_SESSIONS", "1", "DELEGATION_SESSION_SECONDS", "5", "DELEGATION_LINGER_SECONDS", "60");
        try (Field field = new Field(folder, way, settings);
                FieldClient first = field.client();
                FieldClient second = field.client()) {
            field.farm.worker("w", 1, 300);
            awaitMoreNonces(first.start(Recorder.order("first")));
            // At 15 valid nonces a second, polls bring something every time while the session computes.
            first.await("its life's end", SOON, it -> it.emptyPolls() >= 4);
            assertThat(first.status()).isEqualTo("generating");

            awaitMoreNonces(second.start(Recorder.order("second")));
            second.chainStops();
            int polls = first.goodPolls();
            first.await("polls after that", SOON, it -> it.goodPolls() > polls);
            first.chainStops();
            assertEndedWithoutTrouble(first);
            assertEndedWithoutTrouble(second);
        }
    }

    @Test
    @Tag("full")
    @Timeout(120)
    void aHeadThatIsKilledAndRestartedAtOnceCostsTwoErrorsAtMost() throws Exception {
        restarts(Way.THROUGH_HTTP_1_0, 1);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("full")
    @Timeout(240)
    void aHeadThatIsKilledAndRestartedAtOnceAgainAndAgainCostsTwoErrorsAtMostEachTime(Way way) throws Exception {
        restarts(way, 3);
    }

    private void restarts(Way way, int restarts) throws Exception {
        try (Field field = new Field(folder, way, Map.of());
                FieldClient client = field.client()) {
            field.farm.worker("w", 1, 300);
            awaitMoreNonces(client.start(Recorder.order("killed")));
            for (int restart = 0; restart < restarts; restart++) {
                long highest = client.nonces().keySet().stream().mapToLong(Long::longValue).max().orElseThrow();
                field.farm.head.kill();
                field.farm.head = field.farm.process();
                client.await("all up to what it had, and more", SOON, it -> missing(it, highest) == 0
                        && it.nonces().keySet().stream().anyMatch(nonce -> nonce > highest));
                assertThat(client.mostErrorsInARow()).as(client.toString()).isLessThanOrEqualTo(2);
            }
            client.chainStops();
            assertEndedWell(client);
            System.out.printf("%s: %d heads killed, %d errors, %d in a row, %d nonces, %d came again%n",
                    way, restarts, client.errors().size(), client.mostErrorsInARow(), client.nonces().size(), client.repeated());
        }
    }

    /** How many of the order's nonces up to here count and did not come. */
    private static long missing(FieldClient client, long upTo) {
        Map<Long, Double> got = client.nonces();
        long missing = 0;
        for (long nonce = 1; nonce <= upTo; nonce += 2) if (SimulatedProof.counts(nonce) && !got.containsKey(nonce)) missing++;
        return missing;
    }
}
