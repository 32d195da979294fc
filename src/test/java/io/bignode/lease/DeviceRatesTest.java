package io.bignode.lease;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DeviceRatesTest {
    private static final long SECOND = 1_000_000_000L;
    private final DeviceRates rates = new DeviceRates(LeaseRules.usual());

    @Test
    void unknownWorkBeginsWithOneNonce() {
        assertThat(rates.size("gpu", "shape", 64)).isEqualTo(1);
        assertThat(rates.estimateNanos("gpu", "shape", 1)).isEqualTo(SECOND);
    }

    @Test
    void aLeaseIsAboutASecondOfWork() {
        rates.measured("gpu", "shape", 64, SECOND / 2);
        assertThat(rates.size("gpu", "shape", 64)).isEqualTo(128);
        assertThat(rates.estimateNanos("gpu", "shape", 128)).isEqualTo(SECOND);
    }

    @Test
    void aLeaseGrowsEightfoldAtMost() {
        rates.measured("gpu", "shape", 1, 1000);
        assertThat(rates.size("gpu", "shape", 64)).isEqualTo(8);
        rates.measured("gpu", "shape", 8, 8000);
        assertThat(rates.size("gpu", "shape", 64)).isEqualTo(64);
    }

    @Test
    void aLeaseHoldsFourBatchesAtMostAndWholeOnesBeyondTheFirst() {
        rates.measured("gpu", "shape", 1000, 1000);
        assertThat(rates.size("gpu", "shape", 64)).isEqualTo(256);
        rates.measured("cpu", "shape", 8, 8 * SECOND / 21);
        assertThat(rates.size("cpu", "shape", 8)).as("21 nonces a second: three batches are nearest to them").isEqualTo(24);
        assertThat(rates.size("cpu", "shape", 100)).as("less than a batch").isEqualTo(21);
    }

    @Test
    void aDevicesOwnBatchForTheWorkCountsOnceItIsKnown() {
        rates.ready("gpu", "main-net", 66);
        rates.measured("gpu", "main-net", 64, 64 * SECOND / 77);
        assertThat(rates.size("gpu", "main-net", 4096)).as("77 nonces a second, 66 in a batch").isEqualTo(66);
        rates.measured("gpu", "main-net", 66, 66 * SECOND / 130);
        assertThat(rates.size("gpu", "main-net", 4096)).isBetween(66, 132).matches(size -> size % 66 == 0);
        rates.ready("slow", "main-net", 66);
        rates.measured("slow", "main-net", 64, 64 * SECOND / 55);
        assertThat(rates.size("slow", "main-net", 4096)).as("a little more than a second rather than most of a batch").isEqualTo(66);
        rates.ready("new", "main-net", 66);
        rates.measured("new", "main-net", 1, SECOND / 77);
        assertThat(rates.size("new", "main-net", 4096)).as("growing").isEqualTo(8);
    }

    @Test
    void workLongerThanASecondIsLeasedOneByOne() {
        rates.measured("cpu", "main-net", 1, 60 * SECOND);
        assertThat(rates.size("cpu", "main-net", 8)).isEqualTo(1);
    }

    @Test
    void eachDeviceAndEachCostClassHasItsOwnRate() {
        rates.measured("gpu", "shape", 64, SECOND);
        assertThat(rates.size("cpu", "shape", 64)).isEqualTo(1);
        assertThat(rates.size("gpu", "other", 64)).isEqualTo(1);
    }

    @Test
    void aSlowFirstMeasurementIsSoonForgotten() {
        rates.measured("gpu", "shape", 1, 10 * SECOND);
        for (int i = 0; i < 12; i++) {
            int size = rates.size("gpu", "shape", 64);
            rates.measured("gpu", "shape", size, size * SECOND / 100);
        }
        assertThat(rates.size("gpu", "shape", 64)).isBetween(64, 100);
    }

    @Test
    void aReportWithoutNoncesOrTimeTeachesNothingAbsurd() {
        rates.measured("gpu", "shape", 0, SECOND);
        assertThat(rates.size("gpu", "shape", 64)).isEqualTo(1);
        rates.measured("gpu", "shape", 1, 0);
        assertThat(rates.size("gpu", "shape", 64)).isEqualTo(8);
    }

    @Test
    void onlyTheKindsUsedLastAreRemembered() {
        rates.measured("gpu", "first", 64, SECOND);
        for (int i = 0; i < 5000; i++) rates.measured("gpu", "shape" + i, 64, SECOND);
        assertThat(rates.size("gpu", "first", 64)).isEqualTo(1);
        assertThat(rates.size("gpu", "shape4999", 64)).isEqualTo(64);
    }
}
