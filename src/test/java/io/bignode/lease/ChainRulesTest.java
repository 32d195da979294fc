package io.bignode.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.protocol.Found;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.NonceRange;
import io.bignode.session.Orders;
import io.bignode.session.Quiet;
import io.bignode.session.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The rules of the chain hold after any history: never a nonce twice; what came back is issued before anything new; the largest nonce's index is at most twice
 * the count of results, but for a batch for each slot of a device; nonces are below 2³¹; a new block starts at 0. A failing history is replayed with
 * {@code -Dbignode.seed=…}.
 */
@ExtendWith(Quiet.class)
class ChainRulesTest {
    @Test
    void noHistoryBreaksARuleOfTheChain() {
        histories(12);
    }

    @Test
    @Tag("full")
    void noneOfAThousandHistoriesDoes() {
        histories(1000);
    }

    private final Bench bench = new Bench();

    private void done(Lease lease, int vain) {
        List<Found> found = new ArrayList<>();
        List<Long> uncomputed = new ArrayList<>();
        for (long nonce : lease.nonceValues()) {
            if (uncomputed.size() < vain) uncomputed.add(nonce);
            else found.add(new Found(nonce, "1.0"));
        }
        bench.leases.handle(new LeaseReport.Done(lease.id(), found, found.size() + vain, 10_000_000L * lease.range().count(), uncomputed));
    }

    /** Else a slow device would be far ahead of all results, should the fast one die now. */
    @Test
    void whileMoreNoncesAreOutThanComputedALeaseIsNoLargerThanABatch() {
        Session before = bench.start(Orders.of("before"));
        for (int lease = 0; lease < 5; lease++) done(bench.lease("fast"), 0);
        assertThat(bench.lease("fast").range().count()).isEqualTo(64);
        bench.stop(before);
        bench.start(Orders.of("next"));
        List<Lease> out = new ArrayList<>();
        for (int lease = 0; lease < 6; lease++) out.add(bench.lease("fast"));
        assertThat(out).extracting(lease -> lease.range().count()).containsOnly(16);
        for (Lease lease : out) done(lease, 0);
        assertThat(bench.lease("fast").range().count()).as("nothing is out").isEqualTo(64);
    }

    /** Two broken backends would use up any number of nonces, which no sound one could make good. */
    @Test
    void noncesAreNotGivenUpForADeviceThatComesToNothingOnMostOfThem() {
        Session session = bench.start(Orders.of("a"));
        done(bench.lease("one"), 0);
        Lease vain = bench.lease("one");
        done(vain, vain.range().count());
        assertThat(bench.lease("two").range()).as("they are computed by another device").isEqualTo(new NonceRange(1, 1));
        assertThat(session.totalComputed()).isEqualTo(1);
        bench.request("one");
        assertThat(bench.sent).as("it waits for a while").hasSize(3);
    }

    @Test
    void everyNonceUpToTheLargestIsComputedAndNoneBeyond() {
        bench.proofs.maxNonce = 19;
        Session session = bench.start(Orders.of("a"));
        for (int lease = 0; lease < 2; lease++) done(bench.lease("one"), 0);
        Lease last = bench.lease("one");
        assertThat(last.range()).as("cut, as 20 is too large").isEqualTo(new NonceRange(9, 11));
        bench.request("two");
        assertThat(bench.sent).hasSize(3);
        bench.returned(last);
        bench.leases.tick();
        assertThat(bench.sent).as("what came back is computed all the same").hasSize(4);
        done(bench.sent.getLast().lease(), 0);
        for (int lease = 0; lease < 3; lease++) {
            bench.request("one");
            bench.leases.tick();
            Lease more = bench.sent.getLast().lease();
            if (session.flight(more.id()).isPresent()) done(more, 0);
        }
        assertThat(session.totalComputed()).isEqualTo(20);
    }

    private static void histories(int count) {
        Long replay = Long.getLong("bignode.seed");
        if (replay != null) {
            new ChainHistory(replay).run();
            return;
        }
        long seed = new Random().nextLong();
        long kills = 0;
        long received = 0;
        double worst = 0;
        for (int i = 0; i < count; i++) {
            ChainHistory history = new ChainHistory(seed + i);
            try {
                history.run();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("replay with -Dbignode.seed=" + (seed + i), e);
            }
            kills += history.kills;
            received += history.received;
            worst = Math.max(worst, history.worst);
        }
        System.out.printf("seed %d: %d histories, %d heads killed, %d nonces received, largest index to count %.3f at most%n", seed, count, kills, received, worst);
        assertThat(kills).isGreaterThan(count);
        assertThat(received).isGreaterThan(1000L * count);
    }
}
