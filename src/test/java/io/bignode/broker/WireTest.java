package io.bignode.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bignode.protocol.DeviceHealth;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Found;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.NonceRange;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.WorkOrder;
import io.bignode.protocol.WorkerHello;
import io.bignode.protocol.WorkerMessage;
import io.bignode.protocol.WorkerMessage.DeviceGone;
import io.bignode.protocol.WorkerMessage.LeaseRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WireTest {
    private static final List<WorkerMessage> MESSAGES = List.of(
            new LeaseRequest("farm/cuda:0", 64),
            new LeaseReport.Started("lease-1-2", 64),
            new LeaseReport.Waiting("lease-1-2"),
            new LeaseReport.Done("lease-1-2", List.of(new Found(Long.MAX_VALUE, "1.3980771"), new Found(0, "0.1")), 9, 1_000_000_000L),
            new LeaseReport.Failed("lease-1-2", "out of \"memory\"\n"),
            new LeaseReport.Returned("lease-1-2"),
            new DeviceGone("farm/cuda:0"),
            new DeviceHealth("farm/cuda:0", Map.of("utilisation", 0.97, "celsius", 61.0, "memory_used_bytes", 8e10)),
            new WorkerHello("farm", List.of(new DeviceOffer("farm/cuda:0", "H100", 80L << 30, 64)), List.of("lease-1-2")));

    @Test
    void everyMessageArrivesAsItWasSent() throws Exception {
        for (WorkerMessage message : MESSAGES) assertThat(Wire.workerMessage(Wire.bytes(message))).contains(message);
        Lease lease = new Lease("a", "s", new WorkOrder("f", "c", "{\"x\":1}"), new NonceSequence(3, 10), new NonceRange(5, 7));
        assertThat(Wire.lease(Wire.bytes(lease))).isEqualTo(lease);
        for (HeadMessage message : List.of(
                new HeadMessage.Cancel("a"), new HeadMessage.Introduce(), new HeadMessage.Welcome("0.1.0"), new HeadMessage.Refused("why"),
                new HeadMessage.Quarantined("why"), new HeadMessage.Farewell())) {
            assertThat(Wire.headMessage(Wire.bytes(message))).contains(message);
        }
    }

    @Test
    void whatIsJsonStandsInAMessageAsItIs() throws Exception {
        Lease lease = new Lease("a", "s", new WorkOrder("f", "c", "{\"r\":1.50,\"deep\":[{\"x\":\"y\"}]}"), new NonceSequence(3, 10), new NonceRange(5, 7));
        assertThat(new String(Wire.bytes(lease), StandardCharsets.UTF_8)).contains("\"body\":{\"r\":1.50,\"deep\":[{\"x\":\"y\"}]}");
        assertThat(Wire.lease(Wire.bytes(lease))).as("digit for digit").isEqualTo(lease);
        LeaseReport.Done done = new LeaseReport.Done("a", List.of(new Found(1, "1.50"), new Found(2, "\"AAA=\""), new Found(3, "[1.10,null]")), 9, 1);
        assertThat(new String(Wire.bytes(done), StandardCharsets.UTF_8)).contains("\"proof\":1.50", "\"proof\":\"AAA=\"", "\"proof\":[1.10,null]");
        assertThat(Wire.workerMessage(Wire.bytes(done))).contains(done);
    }

    @Test
    void whatANewerWorkerSaysBesidesIsIgnored() throws Exception {
        assertThat(Wire.workerMessage(bytes("{\"type\":\"returned\",\"leaseId\":\"a\",\"mood\":\"good\"}"))).contains(new LeaseReport.Returned("a"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"type\":\"mood\",\"deviceId\":7}", "{\"type\":\"worker-gone\",\"worker\":\"farm\"}", "{\"type\":\"java.lang.Runtime\"}"})
    void aKindOfMessageThatOnlyANewerVersionKnowsIsIgnoredByBothSides(String text) throws Exception {
        assertThat(Wire.workerMessage(bytes(text))).isEmpty();
        assertThat(Wire.headMessage(bytes(text))).isEmpty();
    }

    @Test
    void aGaugeOfANewerWorkerIsIgnored() throws Exception {
        assertThat(Wire.workerMessage(bytes("{\"type\":\"health\",\"deviceId\":\"farm/cpu\",\"gauges\":{\"mood\":7,\"celsius\":40.5}}")))
                .contains(new DeviceHealth("farm/cpu", Map.of("celsius", 40.5)));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "null", "[]", "7", "{}", "{\"type\":\"returned\"}", "{\"type\":\"returned\",\"leaseId\":null}",
        "{\"type\":\"done\",\"leaseId\":\"a\",\"found\":[null],\"computed\":1,\"deviceNanos\":1}",
        "{\"type\":\"done\",\"leaseId\":\"a\",\"found\":[],\"computed\":-1,\"deviceNanos\":1}",
        "{\"type\":\"request\",\"deviceId\":\"a\",\"maxBatch\":0}", "{\"type\":\"request\",\"deviceId\":\"a\",\"maxBatch\":99999999999}",
        "{\"type\":\"hello\",\"worker\":\"farm\",\"devices\":[{\"deviceId\":\"other/cpu\",\"name\":\"x\",\"memoryBytes\":1,\"maxBatch\":1}],\"held\":[]}",
        "{\"type\":\"hello\",\"worker\":\"../farm\",\"devices\":[],\"held\":[]}",
        "{\"type\":\"health\",\"deviceId\":\"farm/cpu\",\"gauges\":{\"utilisation\":1.5}}",
        "{\"type\":\"health\",\"deviceId\":\"farm/cpu\",\"gauges\":{\"celsius\":\"NaN\"}}",
        "{\"type\":\"health\",\"deviceId\":\"no device\",\"gauges\":{}}",
        "\u0000\u0001"
    })
    void whatNoSoundWorkerSendsIsRefusedAndNotRepeated(String text) {
        assertThatThrownBy(() -> Wire.workerMessage(bytes(text))).isInstanceOf(MalformedMessageException.class).message().doesNotContain("farm", "99999999999");
    }

    @Test
    void damagedMessagesAreReadOrRefusedAndNothingElse() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = Wire.bytes(MESSAGES.get(random.nextInt(MESSAGES.size())));
            for (int j = 0; j <= random.nextInt(3); j++) bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            try {
                assertThat(Wire.workerMessage(bytes)).isNotNull();
            } catch (MalformedMessageException refused) {
                // as it should be
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + new String(bytes, StandardCharsets.ISO_8859_1), e);
            }
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
