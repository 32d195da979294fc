package io.bignode.broker;

import java.util.function.Consumer;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientProducer;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.activemq.artemis.api.core.client.MessageHandler;
import org.apache.activemq.artemis.api.core.management.ManagementHelper;
import org.apache.activemq.artemis.api.core.management.ResourceNames;

/** What a head has open while the broker can be reached: one session to send by, one for what workers send, one for the broker's own notices. Thread safe. */
final class HeadConnection implements AutoCloseable {
    private static final String NOTIFICATIONS = "activemq.notifications";
    private static final String MANAGEMENT = "activemq.management";

    private final Link link;
    private final ClientSession out;
    private final ClientProducer producer;

    /** Held by whoever uses the session to send by; Artemis takes the session's own monitor to end it. */
    private final Object outgoing = new Object();

    /**
     * Connects, and has the workers that are connected already introduce themselves.
     *
     * @param messages  called with what workers send, by a thread of Artemis
     * @param notices   called with consumers that are opened and closed, by a thread of Artemis
     * @param onFailure called when the connection fails, once or more, by a thread of Artemis
     */
    HeadConnection(BrokerAccess access, MessageHandler messages, MessageHandler notices, Consumer<HeadConnection> onFailure) throws ActiveMQException {
        this.link = new Link(access, () -> onFailure.accept(this));
        try {
            this.out = link.session(false);
            this.producer = out.createProducer();
            out.start();
            ClientSession noticed = link.session(false);
            String queue = "bignode.notices." + Addresses.newLink("head");
            Link.temporaryQueue(noticed, NOTIFICATIONS, queue, RoutingType.MULTICAST);
            noticed.createConsumer(queue, "_AMQ_NotifType IN ('CONSUMER_CREATED', 'CONSUMER_CLOSED')").setMessageHandler(notices);
            noticed.start();
            ClientSession in = link.session(false);
            makeAddresses(in);
            in.createConsumer(Addresses.HEAD).setMessageHandler(messages);
            in.start();
            send(Addresses.WORKERS, RoutingType.MULTICAST, Wire.bytes(new HeadMessage.Introduce()));
        } catch (ActiveMQException e) {
            link.close();
            throw e;
        }
    }

    /** An external broker need not know our addresses beforehand. */
    private static void makeAddresses(ClientSession session) throws ActiveMQException {
        if (!session.addressQuery(SimpleString.of(Addresses.WORKERS)).isExists()) {
            session.createAddress(SimpleString.of(Addresses.WORKERS), RoutingType.MULTICAST, false);
        }
        if (session.queueQuery(SimpleString.of(Addresses.HEAD)).isExists()) return;
        session.createQueue(QueueConfiguration.of(Addresses.HEAD).setRoutingType(RoutingType.ANYCAST).setDurable(true));
    }

    /** Whether a worker's link is open; its queue is there for as long. */
    boolean lives(String workerLink) throws ActiveMQException {
        synchronized (outgoing) {
            return out.queueQuery(SimpleString.of(workerLink)).isExists();
        }
    }

    /** Sends a message; returns before it arrived. */
    void send(String address, RoutingType routing, byte[] body) throws ActiveMQException {
        synchronized (outgoing) {
            ClientMessage message = Link.message(out, body, false);
            message.setRoutingType(routing);
            producer.send(address, message);
        }
    }

    /** Has the broker cut the connection of a worker's link; returns before it did. */
    void cut(String workerLink) throws Exception {
        synchronized (outgoing) {
            ClientMessage message = out.createMessage(false);
            message.setType(Message.DEFAULT_TYPE);
            ManagementHelper.putOperationInvocation(message, ResourceNames.BROKER, "closeConsumerConnectionsForAddress", workerLink);
            producer.send(MANAGEMENT, message);
        }
    }

    /** Ends the connection; this is no failure. */
    @Override
    public void close() {
        link.close();
    }
}
