package io.bignode.proof.transformer;

import io.bignode.engine.Device;
import io.bignode.engine.cpu.CpuEngine;
import io.bignode.engine.cuda.Gpus;
import io.bignode.poc.ModelParams;
import io.bignode.poc.ProofOrder;
import io.bignode.proof.Capacity;
import io.bignode.protocol.DeviceId;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.WorkOrder;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.ConcurrentHashMap;

/** Which models fit which devices, wherever these are, and how much work they are, judged from what a worker told of them. */
final class ModelSizes {
    /** Answers that are remembered; orders name any number of shapes. */
    private static final int REMEMBERED = 10_000;

    private record Question(String kind, long memoryBytes, String costClass) {}

    private final WorkOrders orders;
    private final Map<Question, Boolean> answers = new ConcurrentHashMap<>();

    ModelSizes(WorkOrders orders) {
        this.orders = orders;
    }

    /** Why a model does not fit a device; empty when it does. Answers of devices that are alike are remembered, the reasons are not. */
    Optional<String> refusal(DeviceOffer offer, WorkOrder work) {
        if (!offer.serves().isEmpty() && !offer.serves().equals(ProofOrder.FUNCTION)) return Optional.of(offer.deviceId() + " serves " + offer.serves() + " alone");
        if (answers.size() > REMEMBERED) answers.clear();
        Question question = new Question(kind(offer), offer.memoryBytes(), work.costClass());
        if (answers.computeIfAbsent(question, _ -> refusal(offer, params(work)).isEmpty())) return Optional.empty();
        return refusal(offer, params(work));
    }

    private static Optional<String> refusal(DeviceOffer offer, ModelParams params) {
        Device device = new Device(offer.deviceId(), offer.name(), offer.memoryBytes(), offer.maxBatch());
        return switch (kind(offer)) {
            case "cpu" -> CpuEngine.refusal(device, params);
            case "cuda" -> Gpus.refusal(device, params);
            default -> Optional.empty(); // a newer worker's kind of device: it says itself what it cannot do
        };
    }

    /** The weight pool that a host draws once for all its devices. */
    Capacity.Shared pool(WorkOrder work) {
        ProofOrder order = orders.order(work);
        long bytes = 2 * order.params().poolSize();
        return new Capacity.Shared("weight pool", order.blockHash() + "/" + bytes, bytes);
    }

    /** How many floating-point operations a nonce takes; of a validation all of the batch's. */
    OptionalDouble operations(WorkOrder work) {
        int nonces = orders.validation(work).map(validation -> validation.distinct().size()).orElse(1);
        return OptionalDouble.of(nonces * params(work).flopsPerNonce());
    }

    private static String kind(DeviceOffer offer) {
        String name = DeviceId.of(offer.deviceId()).device();
        int colon = name.indexOf(':');
        return colon < 0 ? name : name.substring(0, colon);
    }

    private ModelParams params(WorkOrder work) {
        return orders.order(work).params();
    }
}
