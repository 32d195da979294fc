package io.bignode.node;

import io.bignode.api.operator.WorkerActions;
import io.bignode.config.Token;
import io.bignode.lease.Leases;
import io.bignode.lease.WorkerView;
import io.bignode.protocol.DeviceOffer;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The {@link WorkerActions} of an operator, who shows the join token. */
record WorkerAdministration(Token joinToken, Leases leases) implements WorkerActions {
    @Override
    public boolean isOperator(String token) {
        return joinToken.matches(token);
    }

    @Override
    public List<Map<String, Object>> list() {
        return leases.workers().stream().filter(WorkerAdministration::concerns).map(WorkerAdministration::described).toList();
    }

    /** A worker that disconnected by itself needs no action. */
    private static boolean concerns(WorkerView worker) {
        return worker.connected() || worker.state() != WorkerView.State.WORKING;
    }

    private static Map<String, Object> described(WorkerView worker) {
        List<Map<String, Object>> devices = worker.devices().stream().map(WorkerAdministration::described).toList();
        return Map.of("name", worker.name(), "state", worker.state().name().toLowerCase(Locale.ROOT), "leases", worker.leases(), "devices", devices);
    }

    private static Map<String, Object> described(DeviceOffer device) {
        return Map.of("id", device.deviceId(), "name", device.name(), "memory_bytes", device.memoryBytes());
    }

    @Override
    public boolean drain(String name) {
        return leases.drain(name);
    }

    @Override
    public boolean admit(String name) {
        return leases.admit(name);
    }
}
