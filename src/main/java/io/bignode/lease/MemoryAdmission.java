package io.bignode.lease;

import io.bignode.proof.Capacity;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.WorkOrder;
import io.bignode.session.Obstacle;
import io.bignode.session.Order;
import io.bignode.session.Room;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * There is room for an order when a device can compute it and the memory that running sessions share on its host leaves enough for this one.
 *
 * @param devices     those that are there when it is asked
 * @param capacity    what work asks of devices and hosts
 * @param budgetBytes what may be shared on a host
 */
public record MemoryAdmission(Supplier<List<DeviceOffer>> devices, Capacity capacity, long budgetBytes) implements Room {
    /** Devices that a refusal speaks of; a farm has hundreds that are alike. */
    private static final int MAX_NAMED = 8;

    @Override
    public Look look() {
        return new Devices(devices.get());
    }

    /** These devices, and what the orders that run on them share. */
    private final class Devices implements Look {
        private final List<DeviceOffer> offers;
        private final Set<String> shared = new HashSet<>();
        private final Map<String, Optional<Obstacle>> byShape = new HashMap<>();
        private long used;

        Devices(List<DeviceOffer> offers) {
            this.offers = offers;
        }

        @Override
        public void taken(Order order) {
            capacity.shared(order.work()).filter(it -> shared.add(it.key())).ifPresent(it -> used += it.bytes());
        }

        @Override
        public Optional<Obstacle> obstacle(Order order) {
            if (offers.isEmpty()) return Optional.of(new Obstacle.NoDevice());
            return byShape.computeIfAbsent(order.work().costClass(), _ -> misfit(order.work()))
                    .or(() -> capacity.shared(order.work()).flatMap(this::roomFor));
        }

        private Optional<Obstacle> misfit(WorkOrder work) {
            if (capacity.mayCome(work) || offers.stream().anyMatch(device -> capacity.fits(device, work))) return Optional.empty();
            List<String> reasons = new ArrayList<>();
            for (DeviceOffer device : offers.subList(0, Math.min(MAX_NAMED, offers.size()))) capacity.refusal(device, work).ifPresent(reasons::add);
            return Optional.of(new Obstacle.FitsNoDevice(String.join("; ", reasons)));
        }

        private Optional<Obstacle> roomFor(Capacity.Shared needed) {
            if (shared.isEmpty() || shared.contains(needed.key()) || used + needed.bytes() <= budgetBytes) return Optional.empty();
            return Optional.of(new Obstacle.NoMemory(String.format(
                    Locale.ROOT, "this %s needs %.2f GiB, %.2f of %.2f GiB are taken", needed.name(), gib(needed.bytes()), gib(used), gib(budgetBytes))));
        }
    }

    private static double gib(long bytes) {
        return bytes / (double) (1L << 30);
    }
}
