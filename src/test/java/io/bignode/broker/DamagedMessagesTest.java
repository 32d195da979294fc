package io.bignode.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.protocol.Found;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.WorkerMessage.Reported;
import io.bignode.protocol.WorkerMessage.WorkerFault;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Messages that are not what was sent: where they lay in the journal nobody is to blame, and nothing of them counts. */
@Timeout(60)
class DamagedMessagesTest extends BrokerTest {
    private static final LeaseReport RESULT = new LeaseReport.Done("lease", List.of(new Found(7, "1.3456")), 20, 1_000);

    /** The result with another digit in its distance, which is as well formed. */
    private static byte[] wrongDigit() {
        return new String(Wire.bytes(RESULT), StandardCharsets.UTF_8).replace("1.3456", "1.3457").getBytes(StandardCharsets.UTF_8);
    }

    /** Sends this to the head in place of the result; the checksum stays the result's. */
    private static void say(ClientSession session, String link, byte[] body) throws Exception {
        ClientMessage message = Link.message(session, Wire.bytes(RESULT), false);
        message.getBodyBuffer().clear();
        message.getBodyBuffer().writeBytes(body);
        message.putStringProperty(Addresses.LINK, link);
        try (var producer = session.createProducer(Addresses.HEAD)) {
            producer.send(message);
        }
    }

    private static void say(ClientSession session, String link) throws Exception {
        say(session, link, wrongDigit());
        say(session, link, "{\"type\":\"do".getBytes(StandardCharsets.UTF_8));
        say(session, link, Wire.bytes(RESULT));
    }

    @Test
    void whatWasDamagedBeforeTheHeadStartedIsDroppedAndPutsNobodyOut() throws Exception {
        try (Link farm = new Link(tls.access(broker.port(), "farm"), () -> {});
                ClientSession session = farm.session(false)) {
            say(session, Addresses.newLink("farm"));
        }
        try (ArtemisHead head = new ArtemisHead().connect(broker.head(), broker)) {
            assertThat(new HeadInbox(head).next()).as("only what is whole counts").isEqualTo(new Reported("farm", RESULT));
        }
    }

    @Test
    void whoeverSendsSuchOverALinkThatIsOpenIsToBlame() throws Exception {
        try (ArtemisHead head = new ArtemisHead().connect(broker.head(), broker);
                Link farm = new Link(tls.access(broker.port(), "farm"), () -> {});
                ClientSession session = farm.session(false)) {
            String link = Addresses.newLink("farm");
            Link.temporaryQueue(session, link, link, RoutingType.ANYCAST);
            say(session, link);
            assertThat(new HeadInbox(head).next()).isInstanceOfSatisfying(WorkerFault.class, fault -> {
                assertThat(fault.worker()).isEqualTo("farm");
                assertThat(fault.reason()).contains("whose checksum is wrong");
            });
        }
    }
}
