package io.bignode.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.WorkerMessage.LeaseRequest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WaitingRequestsTest {
    private final Map<String, DeviceOffer> offers = new HashMap<>();
    private final Set<String> unsound = new HashSet<>();
    private final WaitingRequests waiting = new WaitingRequests(id -> Optional.ofNullable(offers.get(id)).map(DeviceOffer::kind), id -> !unsound.contains(id));
    private final Devices devices = new Devices();

    /** Work and checks for the devices that the test names; notes who was asked about. */
    private static final class Devices implements WaitingRequests.Service {
        final Set<String> work = new HashSet<>();
        final Set<String> checks = new HashSet<>();
        final List<String> asked = new ArrayList<>();
        final List<String> served = new ArrayList<>();

        @Override
        public boolean hasChecks() {
            return !checks.isEmpty();
        }

        @Override
        public boolean check(LeaseRequest request) {
            return checks.remove(request.deviceId()) && served.add(request.deviceId());
        }

        @Override
        public boolean work(LeaseRequest request) {
            asked.add(request.deviceId());
            return work.contains(request.deviceId()) && served.add(request.deviceId());
        }
    }

    private void ask(String device, String name) {
        offers.put(device, new DeviceOffer(device, name, 1, 16));
        waiting.add(new LeaseRequest(device, 16));
    }

    private List<String> serve() {
        devices.asked.clear();
        devices.served.clear();
        waiting.serve(devices);
        return List.copyOf(devices.served);
    }

    @Test
    void oneOfAKindIsAskedAboutAndNotAgainBeforeThereIsNewWork() {
        for (int i = 0; i < 100; i++) ask("farm-" + i + "/cuda:0", "small");
        ask("other/cuda:0", "large");
        devices.work.add("other/cuda:0");
        assertThat(serve()).containsExactly("other/cuda:0");
        assertThat(devices.asked).containsExactly("farm-0/cuda:0", "other/cuda:0");
        assertThat(serve()).isEmpty();
        assertThat(devices.asked).isEmpty();
        devices.work.addAll(offers.keySet());
        waiting.newWork(kind -> kind.name().equals("large"));
        assertThat(serve()).as("the new work does not fit").isEmpty();
        waiting.newWork(kind -> kind.name().equals("small"));
        assertThat(serve()).hasSize(100).startsWith("farm-0/cuda:0", "farm-1/cuda:0");
        assertThat(waiting.count()).isZero();
    }

    @Test
    void whatADeviceIsBelongsToItsKind() {
        ask("farm/cpu", "same");
        ask("farm/cuda:0", "same");
        devices.work.add("farm/cuda:0");
        assertThat(serve()).containsExactly("farm/cuda:0");
        waiting.newWork(kind -> kind.deviceId().endsWith("/cpu"));
        devices.work.add("farm/cpu");
        assertThat(serve()).containsExactly("farm/cpu");
    }

    @Test
    void aCheckFindsTheOnlyDeviceThatMayTakeItAmongManyWithoutWork() {
        for (int i = 0; i < 100; i++) ask("farm-" + i + "/cuda:0", "small");
        serve();
        devices.checks.add("farm-99/cuda:0");
        List<String> served = new ArrayList<>();
        for (int round = 0; round < 4; round++) served.addAll(serve());
        assertThat(served).as("a few are looked at in each round, and each comes").containsExactly("farm-99/cuda:0");
        assertThat(devices.asked).isEmpty();
    }

    @Test
    void oneThatFailsIsTriedByItselfAndHoldsNobodyUp() {
        unsound.add("bad/cuda:0");
        ask("bad/cuda:0", "small");
        ask("good/cuda:0", "small");
        devices.work.add("good/cuda:0");
        assertThat(serve()).containsExactly("good/cuda:0");
        devices.work.add("bad/cuda:0");
        assertThat(serve()).as("nothing changed").isEmpty();
        waiting.lookApart();
        assertThat(serve()).containsExactly("bad/cuda:0");
    }

    @Test
    void whoWaitsAndIsDrainedThenIsSetApartUntilItIsAdmitted() {
        ask("farm/cuda:0", "small");
        serve();
        unsound.add("farm/cuda:0");
        waiting.newWork(_ -> true);
        assertThat(serve()).isEmpty();
        unsound.clear();
        devices.work.add("farm/cuda:0");
        waiting.lookApart();
        assertThat(serve()).containsExactly("farm/cuda:0");
    }

    @Test
    void whoIsGoneIsForgottenAndItsKindForgetsThatThereWasNoWork() {
        ask("farm/cuda:0", "small");
        serve();
        waiting.forget("farm/cuda:0"::equals);
        assertThat(waiting.devices()).isEmpty();
        devices.work.add("farm/cuda:0");
        ask("farm/cuda:0", "small");
        assertThat(serve()).containsExactly("farm/cuda:0");
    }
}
