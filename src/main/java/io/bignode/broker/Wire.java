package io.bignode.broker;

import com.fasterxml.jackson.annotation.JacksonInject;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.OptBoolean;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.InjectableValues;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.exc.InvalidTypeIdException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.bignode.protocol.DeviceHealth;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Found;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.WorkOrder;
import io.bignode.protocol.WorkerHello;
import io.bignode.protocol.WorkerMessage;
import io.bignode.protocol.WorkerMessage.DeviceGone;
import io.bignode.protocol.WorkerMessage.LeaseRequest;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Messages as bytes: JSON with a {@code type}. Fields and types that are not known are ignored, so that head and workers may be of different versions
 * of the same major.
 */
final class Wire {
    /** The longest message that may be sent, in bytes. */
    static final int MAX_BYTES = 4 << 20;

    private static final int MAX_TEXT = 1 << 20;
    private static final int MAX_DEPTH = 16;
    private static final String SERVES = "serves";
    private static final String OCCUPIED = "occupied";
    private static final String UNCOMPUTED = "uncomputed";

    /** The messages that a worker itself may send; all other {@link WorkerMessage}s are made by the head. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = LeaseRequest.class, name = "request"),
        @JsonSubTypes.Type(value = LeaseReport.Started.class, name = "started"),
        @JsonSubTypes.Type(value = LeaseReport.Waiting.class, name = "waiting"),
        @JsonSubTypes.Type(value = LeaseReport.Done.class, name = "done"),
        @JsonSubTypes.Type(value = LeaseReport.Failed.class, name = "failed"),
        @JsonSubTypes.Type(value = LeaseReport.Returned.class, name = "returned"),
        @JsonSubTypes.Type(value = DeviceGone.class, name = "gone"),
        @JsonSubTypes.Type(value = DeviceHealth.class, name = "health"),
        @JsonSubTypes.Type(value = WorkerHello.class, name = "hello")
    })
    private interface Workers {}

    /** Text that is JSON already stands in a message as it is, and not as a string within it. */
    @SuppressWarnings("UnusedMethod") // Jackson reads the annotations
    private interface Proof {
        @JsonRawValue
        @JsonDeserialize(using = JsonText.class)
        String proof();
    }

    /** The same for the body of a work order. */
    @SuppressWarnings("UnusedMethod") // Jackson reads the annotations
    private interface Body {
        @JsonRawValue
        @JsonDeserialize(using = JsonText.class)
        String body();
    }

    /** The nonces of a result that came to nothing; they are missing where the worker does not know of them. */
    private abstract static class Done {
        @JsonCreator
        @SuppressWarnings("unused") // Jackson reads the annotations
        Done(
                @JsonProperty("leaseId") String leaseId,
                @JsonProperty("found") List<Found> found,
                @JsonProperty("computed") int computed,
                @JsonProperty("deviceNanos") long deviceNanos,
                @JsonProperty("uncomputed") @JacksonInject(value = UNCOMPUTED, useInput = OptBoolean.TRUE) List<Long> uncomputed) {}
    }

    /** Which work a device takes, and what keeps it from any; both are missing where the worker does not know of them. */
    private abstract static class Offer {
        @JsonCreator
        @SuppressWarnings("unused") // Jackson reads the annotations
        Offer(
                @JsonProperty("deviceId") String deviceId,
                @JsonProperty("name") String name,
                @JsonProperty("memoryBytes") long memoryBytes,
                @JsonProperty("maxBatch") int maxBatch,
                @JsonProperty("serves") @JacksonInject(value = SERVES, useInput = OptBoolean.TRUE) String serves,
                @JsonProperty("occupied") @JacksonInject(value = OCCUPIED, useInput = OptBoolean.TRUE) String occupied) {}
    }

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = HeadMessage.Cancel.class, name = "cancel"),
        @JsonSubTypes.Type(value = HeadMessage.Introduce.class, name = "introduce"),
        @JsonSubTypes.Type(value = HeadMessage.Welcome.class, name = "welcome"),
        @JsonSubTypes.Type(value = HeadMessage.Refused.class, name = "refused"),
        @JsonSubTypes.Type(value = HeadMessage.Quarantined.class, name = "quarantined"),
        @JsonSubTypes.Type(value = HeadMessage.Farewell.class, name = "farewell")
    })
    private interface Heads {}

    private static final ObjectMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .maxStringLength(MAX_TEXT)
                            .maxDocumentLength(MAX_BYTES)
                            .build())
                    .build())
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .addMixIn(WorkerMessage.class, Workers.class)
            .addMixIn(HeadMessage.class, Heads.class)
            .addMixIn(Found.class, Proof.class)
            .addMixIn(WorkOrder.class, Body.class)
            .addMixIn(DeviceOffer.class, Offer.class)
            .addMixIn(LeaseReport.Done.class, Done.class)
            .build();

    /** What a worker of before protocol 2.1 does not say, or one of before 2.2. */
    private static final InjectableValues UNSAID = new InjectableValues.Std().addValue(SERVES, "").addValue(OCCUPIED, "").addValue(UNCOMPUTED, List.of());

    private static final ObjectReader WORKER_MESSAGES = JSON.readerFor(WorkerMessage.class).with(UNSAID);
    private static final ObjectReader HEAD_MESSAGES = JSON.readerFor(HeadMessage.class);
    private static final ObjectReader LEASES = JSON.readerFor(Lease.class);

    private Wire() {}

    static byte[] bytes(WorkerMessage message) {
        return write(message);
    }

    static byte[] bytes(HeadMessage message) {
        return write(message);
    }

    static byte[] bytes(Lease lease) {
        return write(lease);
    }

    /** Reads a worker's message; empty where its type is unknown. */
    static Optional<WorkerMessage> workerMessage(byte[] bytes) throws MalformedMessageException {
        return read(WORKER_MESSAGES, bytes);
    }

    /** Reads a message of the head; empty where its type is unknown. */
    static Optional<HeadMessage> headMessage(byte[] bytes) throws MalformedMessageException {
        return read(HEAD_MESSAGES, bytes);
    }

    static Lease lease(byte[] bytes) throws MalformedMessageException {
        return Wire.<Lease>read(LEASES, bytes).orElseThrow(() -> new MalformedMessageException("a lease of a type that is not known"));
    }

    private static byte[] write(Object message) {
        try {
            return JSON.writeValueAsBytes(message);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record of ours cannot be written", e);
        }
    }

    /** The error about a faulty message does not repeat it: it may be long, and must not get into a log. */
    private static <T> Optional<T> read(ObjectReader reader, byte[] bytes) throws MalformedMessageException {
        try {
            T message = reader.readValue(bytes);
            if (message == null) throw new MalformedMessageException("a message that is null");
            return Optional.of(message);
        } catch (InvalidTypeIdException e) {
            if (e.getTypeId() == null) throw new MalformedMessageException("a message of " + bytes.length + " bytes that tells no type");
            return Optional.empty();
        } catch (IOException e) {
            throw new MalformedMessageException("a message of " + bytes.length + " bytes that cannot be read (" + e.getClass().getSimpleName() + ")");
        }
    }
}
