package io.bignode.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.bignode.fixtures.ManualTime;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ActivityTest {
    private final ManualTime time = new ManualTime();
    private final Activity activity = new Activity(time, time);

    private void work(String session, String device, long raw) {
        activity.worked(session, device, new Work(raw, raw / 10, raw * 1_000_000));
    }

    @Test
    void aMinuteIsForgottenAfterAMinute() {
        work("a", "gpu", 600);
        time.pass(Duration.ofSeconds(59));
        assertThat(activity.pace().work()).isEqualTo(new Work(600, 60, 600_000_000));
        assertThat(activity.pace().rawPerMinute()).as("of 59 seconds").isCloseTo(600 * 60 / 59.0, within(1e-6));
        time.pass(Duration.ofSeconds(10));
        assertThat(activity.pace().work()).isEqualTo(Work.NONE);
        assertThat(activity.lifeWork("gpu").computed()).isEqualTo(600);
    }

    @Test
    void aYoungSessionsRateIsOfItsOwnTime() {
        time.pass(Duration.ofMinutes(5));
        work("a", "gpu", 100);
        assertThat(activity.ofSession("a", Duration.ofSeconds(10)).rawPerMinute()).isCloseTo(600, within(1e-6));
        assertThat(activity.ofSession("a", Duration.ZERO).rawPerMinute()).as("at least a second").isCloseTo(6000, within(1e-6));
        assertThat(activity.ofSession("b", Duration.ofSeconds(10)).rawPerMinute()).isZero();
    }

    @Test
    void theSeriesHasEightMinutesAndAllLinesAreEquallyLong() {
        work("a", "gpu", 10);
        time.pass(Duration.ofSeconds(4));
        work("b", "gpu", 20);
        time.pass(Duration.ofSeconds(4));
        Series series = activity.series();
        assertThat(series.total().raw()).containsExactly(10, 0, 20, 0, 0);
        assertThat(series.sessions().get("b").valid()).containsExactly(0, 0, 2, 0, 0);
        assertThat(series.devices().get("gpu").raw()).containsExactly(10, 0, 20, 0, 0);
        assertThat(series.from()).isEqualTo(time.instant().minusSeconds(8));

        time.pass(Duration.ofMinutes(8).minusSeconds(8));
        Series later = activity.series();
        assertThat(later.total().raw()).hasSize(240);
        assertThat(Arrays.stream(later.total().raw()).sum()).as("the first step fell out").isEqualTo(20);
        assertThat(later.sessions()).containsOnlyKeys("b");
    }

    @Test
    void someSessionsSeriesHasTheirOwnTotalAndNoDevices() {
        work("a", "gpu", 10);
        work("b", "gpu", 20);
        Series series = activity.series("b"::equals);
        assertThat(series.total().raw()).containsExactly(20);
        assertThat(series.sessions()).containsOnlyKeys("b");
        assertThat(series.devices()).isEmpty();
    }

    @Test
    void whatDidNothingForLongIsForgottenAndSoIsMoreThanIsRemembered() {
        for (int i = 0; i < 20_000; i++) work("session " + i, "device " + i, 1);
        assertThat(activity.series().sessions()).hasSize(10_000);
        assertThat(activity.series().devices()).hasSize(LruMap.DEVICES);
        time.pass(Duration.ofHours(3));
        work("a", "gpu", 1);
        Series series = activity.series();
        assertThat(series.sessions()).containsOnlyKeys("a");
        assertThat(Arrays.stream(series.total().raw()).sum()).isEqualTo(1);
    }

    @Test
    void tenThousandDevicesAreRememberedWithAllTheyDid() {
        for (int round = 0; round < 2; round++) for (int i = 0; i < 10_000; i++) work("session", "device " + i, 10);
        assertThat(activity.series().devices()).hasSize(10_000);
        assertThat(activity.lifeWork("device 0").computed()).isEqualTo(20);
        assertThat(activity.ofDevice("device 0").work()).isEqualTo(new Work(20, 2, 20_000_000));
    }

    @Test
    void deviceTimeThatIsOlderThanAMinuteIsNotTakenForNewer() {
        for (int step = 0; step < 100; step++) {
            work("a", "gpu", 10);
            time.pass(Activity.STEP);
        }
        assertThat(activity.pace().work()).as("thirty whole steps, and one that began just now").isEqualTo(new Work(300, 30, 300_000_000));
        time.pass(Duration.ofSeconds(30));
        work("a", "gpu", 1);
        assertThat(activity.pace().work()).isEqualTo(new Work(151, 15, 151_000_000));
    }

    @Test
    void aDevicesBusyShareIsOfTheLastMinute() {
        time.pass(Duration.ofSeconds(60));
        activity.worked("a", "gpu", new Work(1, 0, Duration.ofSeconds(30).toNanos()));
        assertThat(activity.ofDevice("gpu").busyShare()).isCloseTo(0.5, within(1e-9));
        activity.worked("a", "gpu", new Work(1, 0, Duration.ofSeconds(90).toNanos()));
        assertThat(activity.ofDevice("gpu").busyShare()).isEqualTo(1);
    }
}
