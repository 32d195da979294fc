package io.bignode.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FairShareTest {
    private static final Map<String, Double> WEIGHTS = Map.of("a", 1.0, "b", 1.0, "c", 1.0, "heavy", 3.0);
    private final FairShare<String> shares = new FairShare<>(WEIGHTS::get);

    @Test
    void whoUsedLeastIsNext() {
        ranking("a", "b");
        shares.serve("a", 10);
        assertThat(ranking("a", "b")).containsExactly("b", "a");
        shares.serve("b", 30);
        assertThat(ranking("a", "b")).containsExactly("a", "b");
    }

    @Test
    void leasesInFlightCountSoThatTwoSlotsServeTwoSessions() {
        assertThat(ranking("a", "b").getFirst()).isEqualTo("a");
        shares.serve("a", 100);
        assertThat(ranking("a", "b").getFirst()).isEqualTo("b");
    }

    @Test
    void whoComesWhileNobodyKnowsWhatLeasesTakeIsNotLeftWithTheOthersEstimates() {
        shares.join("a");
        for (int i = 0; i < 500; i++) shares.serve("a", 1000);
        shares.join("b");
        for (int i = 0; i < 500; i++) shares.settle("a", 1000, 10);
        Map<String, Integer> times = new HashMap<>();
        for (int i = 0; i < 1000; i++) times.merge(serveNext(10, "a", "b"), 1, Integer::sum);
        assertThat(times.get("b")).as("it catches up with what the other had in flight when it came").isBetween(740, 760);
        times.clear();
        for (int i = 0; i < 100; i++) times.merge(serveNext(10, "a", "b"), 1, Integer::sum);
        assertThat(times.get("b")).isBetween(49, 51);
    }

    @Test
    void aHeavySessionCannotStarveALightOne() {
        Map<String, Long> used = new HashMap<>();
        for (int i = 0; i < 1000; i++) {
            String who = serveNext(0, "a", "b");
            long nanos = who.equals("a") ? 1000 : 7;
            shares.settle(who, 0, nanos);
            used.merge(who, nanos, Long::sum);
        }
        assertThat(used.get("a")).isCloseTo(used.get("b"), within(1000L));
    }

    @Test
    void deviceTimeIsSharedByWeight() {
        Map<String, Long> used = new HashMap<>();
        for (int i = 0; i < 4000; i++) used.merge(serveNext(10, "a", "heavy"), 10L, Long::sum);
        assertThat(used.get("heavy")).isCloseTo(3 * used.get("a"), within(30L));
    }

    @Test
    void aNewcomerIsNextButGetsNothingForTheTimeBefore() {
        for (int i = 0; i < 100; i++) serveNext(10, "a", "b");
        assertThat(serveNext(10, "a", "b", "c")).isEqualTo("c");
        Map<String, Integer> times = new HashMap<>();
        for (int i = 0; i < 30; i++) times.merge(serveNext(10, "a", "b", "c"), 1, Integer::sum);
        assertThat(times.values()).allMatch(count -> count >= 9 && count <= 11);
    }

    @Test
    void whoComesBackGetsNothingForTheTimeAway() {
        serveNext(10, "a", "b");
        for (int i = 0; i < 100; i++) serveNext(10, "b");
        Map<String, Integer> times = new HashMap<>();
        for (int i = 0; i < 20; i++) times.merge(serveNext(10, "a", "b"), 1, Integer::sum);
        assertThat(times.get("a")).isBetween(9, 11);
    }

    @Test
    void whoComesWhenNobodyIsPresentDoesNotStartAtZero() {
        for (int i = 0; i < 100; i++) serveNext(10, "a");
        ranking();
        serveNext(10, "b");
        Map<String, Integer> times = new HashMap<>();
        for (int i = 0; i < 20; i++) times.merge(serveNext(10, "a", "b"), 1, Integer::sum);
        assertThat(times.get("a")).isBetween(8, 12);
    }

    @Test
    void whoIsForgottenStartsAnew() {
        serveNext(1000, "a", "b");
        shares.forget("a"::equals);
        shares.settle("a", 0, 5000);
        assertThat(ranking("b", "a")).containsExactly("b", "a");
    }

    @Test
    void whoIsAbsentForAMomentGainsAndLosesNothing() {
        for (int i = 0; i < 10; i++) serveNext(10, "a", "b");
        serveNext(10, "b");
        serveNext(10, "b");
        Map<String, Integer> times = new HashMap<>();
        for (int i = 0; i < 20; i++) times.merge(serveNext(10, "a", "b"), 1, Integer::sum);
        assertThat(times.get("a")).as("two turns of the other were for the time away").isBetween(9, 11);
    }

    @Test
    void whoHasWorkForOtherDevicesStaysWhereItIs() {
        shares.join("a");
        shares.join("b");
        shares.serve("b", 100);
        for (int i = 0; i < 3; i++) {
            shares.offer(who -> {
                if (who.equals("a")) return FairShare.Answer.PASSES;
                shares.serve(who, 100);
                return FairShare.Answer.TAKES;
            });
        }
        Map<String, Integer> times = new HashMap<>();
        for (int i = 0; i < 6; i++) times.merge(serveNext(100, "a", "b"), 1, Integer::sum);
        assertThat(times.get("a")).as("it was there all the time").isGreaterThanOrEqualTo(5);
    }

    /** Those present, in the order of their turns; all others are absent. */
    private List<String> ranking(String... present) {
        List<String> ranked = new ArrayList<>();
        Set<String> there = Set.of(present);
        for (String who : present) shares.join(who);
        boolean taken = shares.offer(who -> {
            if (!there.contains(who)) return FairShare.Answer.ABSENT;
            ranked.add(who);
            return FairShare.Answer.PASSES;
        });
        assertThat(taken).isFalse();
        return ranked;
    }

    private String serveNext(long nanos, String... candidates) {
        String who = ranking(candidates).getFirst();
        shares.serve(who, nanos);
        shares.settle(who, nanos, nanos);
        return who;
    }
}
