package io.bignode.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.WorkerHello;
import io.bignode.protocol.WorkerJoined;
import io.bignode.protocol.WorkerMessage.LeaseRequest;
import io.bignode.protocol.WorkerMessage.WorkerRefused;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A head and workers of other versions of the protocol, which the test plays. */
@Timeout(60)
class OtherProtocolTest extends BrokerTest {
    private static final DeviceOffer DEVICE = new DeviceOffer("farm/cpu", "x", 1, 4);

    /** Sends bytes to the head as a worker that speaks this version. */
    private static void say(ClientSession session, String link, String version, byte[] body) throws Exception {
        ClientMessage message = Link.message(session, body, false);
        message.removeProperty(Addresses.PROTOCOL);
        if (!version.isEmpty()) message.putStringProperty(Addresses.PROTOCOL, version);
        message.putStringProperty(Addresses.LINK, link);
        try (var producer = session.createProducer(Addresses.HEAD)) {
            producer.send(message);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource({
        "3.0, the worker speaks protocol 3.0 and this head 2.3: update this head", "1.9, the worker speaks protocol 1.9 and this head 2.3: update the worker",
        "'', the worker tells no version of the protocol and this head speaks 2.3: update the worker"
    })
    void aWorkerOfAnotherMajorIsRefusedAndWhatItSaysIsNotTakenForAFault(String version, String reason) throws Exception {
        try (ArtemisHead head = new ArtemisHead().connect(broker.head(), broker);
                Link farm = new Link(tls.access(broker.port(), "farm"), () -> {});
                ClientSession session = farm.session(false)) {
            String link = Addresses.newLink("farm");
            Link.temporaryQueue(session, link, link, RoutingType.ANYCAST);
            session.start();
            say(session, link, version, bytes("what only this version understands"));
            assertThat(new HeadInbox(head).next()).isInstanceOfSatisfying(WorkerRefused.class, refused -> {
                assertThat(refused.kind()).isEqualTo(WorkerRefused.Kind.PROTOCOL);
                assertThat(refused.reason()).isEqualTo(reason);
            });
            ClientMessage answer = session.createConsumer(link).receive(10_000);
            assertThat(Link.text(answer, Addresses.PROTOCOL)).as("so that the worker knows who is older").isEqualTo("2.3");
            assertThat(Wire.headMessage(Link.body(answer))).contains(new HeadMessage.Refused(reason));
        }
    }

    @Test
    void aWorkerOfANewerMinorIsTakenInAndWhatTheHeadDoesNotKnowIsIgnored() throws Exception {
        try (ArtemisHead head = new ArtemisHead().connect(broker.head(), broker);
                Link farm = new Link(tls.access(broker.port(), "farm"), () -> {});
                ClientSession session = farm.session(false)) {
            String link = Addresses.newLink("farm");
            Link.temporaryQueue(session, link, link, RoutingType.ANYCAST);
            HeadInbox inbox = new HeadInbox(head);
            say(session, link, "2.7", Wire.bytes(new WorkerHello("farm", List.of(DEVICE), List.of())));
            assertThat(inbox.next()).isInstanceOf(WorkerJoined.class);
            say(session, link, "2.7", bytes("{\"type\":\"forecast\",\"deviceId\":\"farm/cpu\",\"nonces\":7}"));
            say(session, link, "2.7", bytes("{\"type\":\"request\",\"deviceId\":\"farm/cpu\",\"maxBatch\":4,\"mood\":\"good\"}"));
            assertThat(inbox.next()).isEqualTo(new LeaseRequest("farm/cpu", 4));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "3.0, the head speaks protocol 3.0 and this worker 2.3: update this worker", "1.9, the head speaks protocol 1.9 and this worker 2.3: update the head",
        "'', the head tells no version of the protocol and this worker speaks 2.3: update the head"
    })
    void aWorkerOfAnotherHeadsMajorSaysWhichOfThemToUpdate(String version, String reason) throws Exception {
        BlockingQueue<JoinFailure> told = new LinkedBlockingQueue<>();
        ArtemisWorker.Watcher watcher = new ArtemisWorker.Watcher() {
            @Override
            public void joined() {
                throw new AssertionError("it was not taken in");
            }

            @Override
            public void apart(JoinFailure failure) {
                told.add(failure);
            }
        };
        try (Link head = new Link(broker.head(), () -> {});
                ClientSession session = head.session(false);
                ArtemisWorker worker = new ArtemisWorker("farm", List.of(DEVICE), tls.access(broker.port(), "farm"), watcher)) {
            session.start();
            worker.start();
            ClientMessage hello = session.createConsumer(Addresses.HEAD).receive(20_000);
            assertThat(Link.text(hello, Addresses.PROTOCOL)).isEqualTo("2.3");
            ClientMessage answer = Link.message(session, bytes("what only that version understands"), false);
            answer.removeProperty(Addresses.PROTOCOL);
            if (!version.isEmpty()) answer.putStringProperty(Addresses.PROTOCOL, version);
            answer.setRoutingType(RoutingType.ANYCAST);
            session.createProducer().send(Link.text(hello, Addresses.LINK), answer);
            assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo(new JoinFailure(JoinFailure.Kind.REFUSED, reason));
        }
    }
}
