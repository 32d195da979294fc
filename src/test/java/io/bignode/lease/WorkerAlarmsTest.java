package io.bignode.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.ManualTime;
import io.bignode.monitor.Alarms;
import io.bignode.protocol.WorkerGone;
import io.bignode.protocol.WorkerMessage.WorkerRefused;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class WorkerAlarmsTest {
    private static final Duration FORGET = Duration.ofMinutes(15);

    private final ManualTime time = new ManualTime();
    private final Alarms raised = new Alarms(time);
    private final WorkerAlarms alarms = new WorkerAlarms(raised, time);

    private List<String> after(Duration step) {
        time.pass(step);
        alarms.tick(FORGET);
        return keys();
    }

    private List<String> keys() {
        return raised.list().stream().map(Alarms.Alarm::key).toList();
    }

    @Test
    void aLostWorkerIsAlarmedAboutAfterFifteenSecondsUntilItIsBackOrForgotten() {
        alarms.gone("farm", WorkerGone.Reason.SILENT);
        assertThat(after(Duration.ofSeconds(14))).isEmpty();
        assertThat(after(Duration.ofSeconds(1))).containsExactly("worker-lost/farm");
        assertThat(raised.list().getFirst().text()).contains("worker farm is not connected", "nothing came from it");
        alarms.joined("farm");
        assertThat(after(Duration.ZERO)).isEmpty();
        alarms.gone("farm", WorkerGone.Reason.CLOSED);
        assertThat(after(Duration.ofMinutes(14))).contains("worker-lost/farm");
        assertThat(after(Duration.ofMinutes(2))).isEmpty();
    }

    @Test
    void whoWasStoppedOrSentAwayIsNotMissed() {
        alarms.gone("stopped", WorkerGone.Reason.STOPPED);
        alarms.gone("sent", WorkerGone.Reason.EXPELLED);
        assertThat(after(Duration.ofMinutes(1))).isEmpty();
    }

    @Test
    void whoIsLostThreeTimesWithinFiveMinutesFlaps() {
        for (int i = 0; i < 3; i++) {
            alarms.gone("farm", WorkerGone.Reason.CLOSED);
            alarms.joined("farm");
            assertThat(after(Duration.ofSeconds(100))).hasSize(i < 2 ? 0 : 1);
        }
        assertThat(after(Duration.ofMinutes(3))).containsExactly("worker-flaps/farm");
        assertThat(after(Duration.ofSeconds(30))).isEmpty();
        for (int i = 0; i < 4; i++) {
            alarms.gone("rarely", WorkerGone.Reason.CLOSED);
            alarms.joined("rarely");
            assertThat(after(Duration.ofMinutes(3))).isEmpty();
        }
    }

    @Test
    void aRefusedWorkerIsAlarmedAboutUntilItGivesUp() {
        alarms.refused(new WorkerRefused("g", WorkerRefused.Kind.NAME, "10.0.0.7:4", "a worker named g is connected from 10.0.0.6:5"));
        alarms.refused(new WorkerRefused("old", WorkerRefused.Kind.PROTOCOL, "", "the worker speaks protocol 1.0 and this head 2.0: update the worker"));
        assertThat(after(Duration.ofSeconds(90))).containsExactlyInAnyOrder("worker-name/g", "worker-protocol/old");
        alarms.refused(new WorkerRefused("g", WorkerRefused.Kind.NAME, "10.0.0.7:9", "a worker named g is connected from 10.0.0.6:5"));
        assertThat(raised.list()).anySatisfy(alarm -> {
            assertThat(alarm.text()).isEqualTo("a worker from 10.0.0.7:9 that calls itself g is refused: a worker named g is connected from 10.0.0.6:5");
            assertThat(alarm.fix()).contains("DELEGATION_WORKER_NAME");
        });
        assertThat(after(Duration.ofSeconds(40))).containsExactly("worker-name/g");
        assertThat(after(Duration.ofMinutes(2))).isEmpty();
    }

    @Test
    void whoeverIsForgottenAsTooManyAreFollowedLeavesNoAlarm() {
        WorkerAlarms few = new WorkerAlarms(raised, time, 2);
        few.gone("first", WorkerGone.Reason.CLOSED);
        few.gone("second", WorkerGone.Reason.CLOSED);
        time.pass(Duration.ofSeconds(15));
        few.tick(FORGET);
        assertThat(keys()).containsExactly("worker-lost/first", "worker-lost/second");
        few.gone("third", WorkerGone.Reason.CLOSED);
        assertThat(keys()).containsExactly("worker-lost/second");
    }

    @Test
    void whoFlapsAndIsForgottenAsTooManyAreFollowedLeavesNoAlarm() {
        WorkerAlarms few = new WorkerAlarms(raised, time, 2);
        for (int i = 0; i < 3; i++) few.gone("flaps", WorkerGone.Reason.REPLACED);
        assertThat(keys()).containsExactly("worker-flaps/flaps");
        few.gone("second", WorkerGone.Reason.REPLACED);
        few.gone("third", WorkerGone.Reason.REPLACED);
        assertThat(keys()).isEmpty();
    }

    @Test
    void ofTooManyRefusedWorkersTheOneThatWasQuietForLongestIsForgotten() {
        WorkerAlarms few = new WorkerAlarms(raised, time, 2);
        for (String worker : List.of("often", "once", "often", "another")) {
            few.refused(new WorkerRefused(worker, WorkerRefused.Kind.NAME, "", "a worker of this name is connected"));
        }
        assertThat(keys()).containsExactlyInAnyOrder("worker-name/often", "worker-name/another");
    }
}
