package io.bignode.cli;

import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.WorkOrder;
import io.bignode.session.Obstacle;
import io.bignode.session.Order;
import io.bignode.session.Room;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * There is room for an order when a device can hold its model and the running sessions' weight pools leave room for its own.
 *
 * @param devices         those that are there when it is asked
 * @param poolBudgetBytes what weight pools may take on a host
 */
public record MemoryAdmission(Supplier<List<DeviceOffer>> devices, ModelSizes models, long poolBudgetBytes) implements Room {
    /** Devices that a refusal speaks of; a farm has hundreds that are alike. */
    private static final int TOLD = 8;

    private record Pool(String blockHash, long bytes) {}

    @Override
    public Look look() {
        return new Devices(devices.get());
    }

    /** These devices, and the pools of the orders that run on them. */
    private final class Devices implements Look {
        private final List<DeviceOffer> offers;
        private final Set<Pool> pools = new HashSet<>();
        private final Map<String, Optional<Obstacle>> byShape = new HashMap<>();
        private long used;

        Devices(List<DeviceOffer> offers) {
            this.offers = offers;
        }

        @Override
        public void taken(Order order) {
            Pool pool = pool(order);
            if (pools.add(pool)) used += pool.bytes();
        }

        @Override
        public Optional<Obstacle> obstacle(Order order) {
            if (offers.isEmpty()) return Optional.of(new Obstacle.NoDevice());
            return byShape.computeIfAbsent(order.work().costClass(), _ -> misfit(order.work())).or(() -> roomForPool(pool(order)));
        }

        private Optional<Obstacle> misfit(WorkOrder work) {
            if (offers.stream().anyMatch(device -> models.fits(device, work))) return Optional.empty();
            List<String> reasons = new ArrayList<>();
            for (DeviceOffer device : offers.subList(0, Math.min(TOLD, offers.size()))) models.refusal(device, work).ifPresent(reasons::add);
            return Optional.of(new Obstacle.FitsNoDevice(String.join("; ", reasons)));
        }

        private Optional<Obstacle> roomForPool(Pool needed) {
            if (pools.isEmpty() || pools.contains(needed) || used + needed.bytes() <= poolBudgetBytes) return Optional.empty();
            return Optional.of(new Obstacle.NoMemory(String.format(
                    "this weight pool needs %.2f GiB, %.2f of %.2f GiB are taken", gib(needed.bytes()), gib(used), gib(poolBudgetBytes))));
        }

        private Pool pool(Order order) {
            return new Pool(order.epoch().blockHash(), models.poolBytes(order.work()));
        }
    }

    private static double gib(long bytes) {
        return bytes / (double) (1L << 30);
    }
}
