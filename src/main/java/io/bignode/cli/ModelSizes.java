package io.bignode.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.bignode.cli.terminal.Documents;
import io.bignode.engine.Device;
import io.bignode.engine.cpu.CpuEngine;
import io.bignode.engine.cuda.Gpus;
import io.bignode.json.InvalidDocumentException;
import io.bignode.lease.Capacity;
import io.bignode.poc.ModelParams;
import io.bignode.poc.ProofOrder;
import io.bignode.protocol.DeviceId;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.WorkOrder;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.ConcurrentHashMap;

/** Which models fit which devices, wherever these are, and how much work they are, judged from what a worker told of them. */
public final class ModelSizes implements Capacity {
    /** Answers that are remembered; orders name any number of shapes. */
    private static final int REMEMBERED = 10_000;

    private record Question(String kind, long memoryBytes, String costClass) {}

    private final Map<Question, Boolean> answers = new ConcurrentHashMap<>();
    private final Map<String, Double> operations = new ConcurrentHashMap<>();
    private final Map<String, Long> pools = new ConcurrentHashMap<>();

    /** Why a model does not fit a device; empty when it does. */
    Optional<String> refusal(DeviceOffer offer, ModelParams params) {
        Device device = new Device(offer.deviceId(), offer.name(), offer.memoryBytes(), offer.maxBatch());
        return switch (kind(offer)) {
            case "cpu" -> CpuEngine.refusal(device, params);
            case "cuda" -> Gpus.refusal(device, params);
            default -> Optional.empty(); // a newer worker's kind of device: it says itself what it cannot do
        };
    }

    /** Why a model does not fit a device; empty when it does. */
    Optional<String> refusal(DeviceOffer offer, WorkOrder work) {
        return refusal(offer, params(work));
    }

    /** The memory a weight pool takes on a host. Answers quickly. */
    long poolBytes(WorkOrder work) {
        if (pools.size() > REMEMBERED) pools.clear();
        return pools.computeIfAbsent(work.costClass(), _ -> 2 * params(work).poolSize());
    }

    @Override
    public boolean fits(DeviceOffer device, WorkOrder work) {
        if (answers.size() > REMEMBERED) answers.clear();
        return answers.computeIfAbsent(new Question(kind(device), device.memoryBytes(), work.costClass()), _ -> refusal(device, params(work)).isEmpty());
    }

    @Override
    public OptionalDouble operations(WorkOrder work) {
        if (operations.size() > REMEMBERED) operations.clear();
        return OptionalDouble.of(operations.computeIfAbsent(work.costClass(), _ -> params(work).flopsPerNonce()));
    }

    private static String kind(DeviceOffer offer) {
        String name = DeviceId.of(offer.deviceId()).device();
        int colon = name.indexOf(':');
        return colon < 0 ? name : name.substring(0, colon);
    }

    private static ModelParams params(WorkOrder work) {
        try {
            return ProofOrder.parse(Documents.json().readTree(work.body())).params();
        } catch (JsonProcessingException | InvalidDocumentException impossible) {
            throw new IllegalStateException("a session carries a work order that cannot be read", impossible);
        }
    }
}
