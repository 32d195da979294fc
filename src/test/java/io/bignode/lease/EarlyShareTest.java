package io.bignode.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.monitor.Alarms;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.Provenance;
import io.bignode.session.LeaseResult;
import io.bignode.session.LeasedRange;
import io.bignode.session.Orders;
import io.bignode.session.Session;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class EarlyShareTest {
    private final Bench bench = new Bench();
    private final EarlyShare share = new EarlyShare(bench.alarms);
    private final Session light = bench.start(Orders.of("light"));
    private final Session heavy = bench.start(Orders.weighted("alice", "heavy", new NonceSequence(0, 1), 3));

    /** So many seconds, in each of which sessions get these nonces. */
    private void pass(int seconds, int lights, int heavies) {
        for (int second = 0; second < seconds; second++) {
            bench.time.pass(Duration.ofSeconds(1));
            give(light, lights);
            give(heavy, heavies);
            share.tick(bench.sessions.leasable(), bench.time.getAsLong());
        }
    }

    private void give(Session session, int nonces) {
        session.polled();
        if (nonces == 0) return;
        LeasedRange range = session.take("local/cpu", nonces).orElseThrow();
        bench.sessions.land(List.of(new LeaseResult(range.leaseId(), nonces, List.of(), 1, Provenance.of("local/cpu"), false)));
    }

    private List<String> alarms() {
        return bench.alarms.list().stream().map(Alarms.Alarm::key).filter(key -> key.equals("orders/early-share")).toList();
    }

    private double ratio(Session session) {
        return share.ratio(session, bench.time.getAsLong()).orElseThrow();
    }

    @Test
    void aSessionIsMeasuredAgainstItsWeight() {
        pass(30, 10, 30);
        assertThat(ratio(light)).isBetween(0.95, 1.05);
        assertThat(ratio(heavy)).isBetween(0.95, 1.05);
        assertThat(light.attention().earlyShare()).hasValue(ratio(light));
        assertThat(bench.sessions.view(light).earlyShare()).hasValue(ratio(light));
        assertThat(alarms()).isEmpty();
    }

    @Test
    void oneThatIsBehindHasAnAlarmUntilItCatchesUp() {
        pass(25, 5, 35);
        assertThat(ratio(light)).isLessThan(0.6);
        assertThat(alarms()).hasSize(1);
        assertThat(light.attention().text()).hasValueSatisfying(text -> assertThat(text).contains("of its fair share"));
        assertThat(heavy.attention().text()).isEmpty();
        pass(25, 20, 20);
        assertThat(alarms()).isEmpty();
        assertThat(light.attention().text()).isEmpty();
    }

    @Test
    void nothingCountsThatComesAfterTheFirstMinute() {
        pass(62, 10, 30);
        double first = ratio(light);
        pass(60, 0, 40);
        assertThat(ratio(light)).isEqualTo(first);
        assertThat(alarms()).isEmpty();
    }
}
