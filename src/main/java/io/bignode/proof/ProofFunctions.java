package io.bignode.proof;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.json.JsonFields;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Found;
import io.bignode.protocol.WorkOrder;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** Several proof functions that a node serves, as one: each work order is its own function's. */
public final class ProofFunctions implements ProofFunction {
    private final Map<String, ProofFunction> byName = new LinkedHashMap<>();

    /**
     * Serves these functions.
     *
     * @param functions at least one; a start request is read by the first for which it {@linkplain ProofFunction#isMeant is meant}, or else by the last
     */
    public ProofFunctions(List<ProofFunction> functions) {
        if (functions.isEmpty()) throw new IllegalArgumentException("no function");
        functions.forEach(function -> byName.put(function.name(), function));
    }

    private ProofFunction of(WorkOrder work) {
        ProofFunction function = byName.get(work.function());
        if (function == null) throw new IllegalArgumentException("a work order of a function that this program does not know, " + work.function());
        return function;
    }

    @Override
    public String name() {
        return String.join(" and ", byName.keySet());
    }

    @Override
    public ProofRequest read(JsonFields fields) {
        return meant(fields).read(fields);
    }

    @Override
    public ProofRequest readRequest(JsonFields fields) {
        return meant(fields).readRequest(fields);
    }

    @Override
    public ProofRequest readRequest(WorkOrder before, JsonFields fields) {
        return of(before).readRequest(before, fields);
    }

    private ProofFunction meant(JsonFields fields) {
        List<ProofFunction> all = List.copyOf(byName.values());
        return all.stream().filter(function -> function.isMeant(fields)).findFirst().orElseGet(all::getLast);
    }

    @Override
    public ObjectNode request(WorkOrder work) {
        return of(work).request(work);
    }

    @Override
    public Optional<String> model(WorkOrder work) {
        return of(work).model(work);
    }

    @Override
    public List<String> changes(WorkOrder before, WorkOrder after) {
        return of(after).changes(before, after);
    }

    @Override
    public List<List<Found>> batches(WorkOrder work, List<Found> found) {
        return of(work).batches(work, found);
    }

    @Override
    public Optional<String> sessionField(WorkOrder work) {
        return of(work).sessionField(work);
    }

    @Override
    public String callbackPath(WorkOrder work) {
        return of(work).callbackPath(work);
    }

    @Override
    public Duration maxPushPause(WorkOrder work) {
        return of(work).maxPushPause(work);
    }

    @Override
    public boolean pushEnds(WorkOrder work) {
        return of(work).pushEnds(work);
    }

    @Override
    public boolean refusedForOne(WorkOrder work) {
        return of(work).refusedForOne(work);
    }

    @Override
    public void writeBatch(WorkOrder work, List<Found> found, JsonGenerator json) throws IOException {
        of(work).writeBatch(work, found, json);
    }

    @Override
    public Optional<String> fault(WorkOrder work, List<Found> found) {
        return of(work).fault(work, found);
    }

    @Override
    public WorkOrder check(WorkOrder work, List<Found> reported) {
        return of(work).check(work, reported);
    }

    @Override
    public int minSample(WorkOrder work) {
        return of(work).minSample(work);
    }

    @Override
    public Optional<String> deviation(WorkOrder work, List<Found> reported, List<Found> checked) {
        return of(work).deviation(work, reported, checked);
    }

    @Override
    public OptionalDouble expectedShare(WorkOrder work) {
        return of(work).expectedShare(work);
    }

    @Override
    public long maxNonce(WorkOrder work) {
        return of(work).maxNonce(work);
    }

    @Override
    public String stream(WorkOrder work) {
        return of(work).stream(work);
    }

    @Override
    public Optional<String> refusal(DeviceOffer device, WorkOrder work) {
        return of(work).refusal(device, work);
    }

    @Override
    public boolean mayCome(WorkOrder work) {
        return of(work).mayCome(work);
    }

    @Override
    public OptionalDouble operations(WorkOrder work) {
        return of(work).operations(work);
    }

    @Override
    public boolean stretches(WorkOrder work) {
        return of(work).stretches(work);
    }

    @Override
    public Optional<Shared> shared(WorkOrder work) {
        return of(work).shared(work);
    }
}
