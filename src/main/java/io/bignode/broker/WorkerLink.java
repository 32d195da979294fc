package io.bignode.broker;

import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.ProtocolVersion;
import io.bignode.protocol.WorkerHello;
import io.bignode.protocol.WorkerMessage;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientProducer;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a worker. Messages that may be lost go out in one session; each device has a session of its own, in which a lease's result
 * and its acknowledgement are committed together.
 */
final class WorkerLink implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(WorkerLink.class.getName());

    private static final Duration LASTED = Duration.ofSeconds(2);

    /** Receives what comes from the head, by threads of the link. */
    interface Listener {
        /** A lease came for a device. */
        void arrived(WorkerLink link, String device, Lease lease, ClientMessage message);

        /** A message came from the head. */
        void received(WorkerLink link, HeadMessage message);

        /** A message cannot be understood, as the head speaks another version of the protocol. */
        void foreign(WorkerLink link, String reason);
    }

    /**
     * The session by which one device sends its results.
     *
     * @param lock held by whoever uses the session; not the session itself, whose monitor Artemis takes to end one that waits for a dead broker
     */
    private record DeviceSession(ClientSession session, ClientProducer producer, Object lock) {}

    private final String worker;
    private final String process;
    private final Listener listener;
    private final String name;
    private final Link link;
    private final ClientSession out;

    /** Held by whoever sends messages that may be lost. */
    private final Object outgoing = new Object();

    private final ClientProducer producer;
    private final Map<String, DeviceSession> devices = new LinkedHashMap<>();
    private final long openedNanos = System.nanoTime();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final CountDownLatch parted = new CountDownLatch(1);

    /**
     * Connects; nothing is delivered before {@link #start}.
     *
     * @param deviceNames the devices, by their names within the host
     * @param process     the id that distinguishes this process from others of the worker's name
     */
    WorkerLink(String worker, BrokerAccess access, List<String> deviceNames, String process, Listener listener) throws ActiveMQException {
        this.worker = worker;
        this.process = process;
        this.listener = listener;
        this.name = Addresses.newLink(worker);
        this.link = new Link(access, ended::countDown);
        try {
            this.out = link.session(false);
            Link.temporaryQueue(out, Addresses.WORKERS, Addresses.toAll(name), RoutingType.MULTICAST);
            Link.temporaryQueue(out, name, name, RoutingType.ANYCAST);
            for (String queue : List.of(name, Addresses.toAll(name))) {
                out.createConsumer(queue).setMessageHandler(this::word);
            }
            this.producer = out.createProducer(Addresses.HEAD);
            for (String device : deviceNames) devices.put(device, device(device));
        } catch (ActiveMQException | RuntimeException e) {
            link.close();
            throw e;
        }
    }

    private DeviceSession device(String device) throws ActiveMQException {
        ClientSession session = link.session(true);
        String queue = Addresses.leases(name, device);
        Link.temporaryQueue(session, queue, queue, RoutingType.ANYCAST);
        session.createConsumer(queue).setMessageHandler(message -> {
            if (isForeign(message)) return;
            try {
                listener.arrived(this, device, Wire.lease(Link.body(message)), message);
            } catch (MalformedMessageException e) {
                LOG.log(System.Logger.Level.ERROR, "the head sent a lease that cannot be read: are both of the same version? {0}", e.getMessage());
            }
        });
        return new DeviceSession(session, session.createProducer(Addresses.HEAD), new Object());
    }

    /** Is checked before anything else of a message is read, as fields of another version may mean anything. */
    private boolean isForeign(ClientMessage message) {
        Optional<String> reason = ProtocolVersion.OURS.refusal(Link.text(message, Addresses.PROTOCOL), ProtocolVersion.Peer.HEAD);
        reason.ifPresent(text -> listener.foreign(this, text));
        return reason.isPresent();
    }

    private void word(ClientMessage message) {
        try {
            synchronized (outgoing) {
                message.acknowledge();
            }
            if (isForeign(message)) return;
            Optional<HeadMessage> parsed = Wire.headMessage(Link.body(message));
            if (parsed.isEmpty()) return; // a word of a newer head
            if (parsed.get() instanceof HeadMessage.Farewell) parted.countDown();
            listener.received(this, parsed.get());
        } catch (MalformedMessageException e) {
            LOG.log(System.Logger.Level.ERROR, "the head sent a message that cannot be read: are both of the same version? {0}", e.getMessage());
        } catch (ActiveMQException e) {
            end(e);
        }
    }

    /** Starts to receive messages. */
    void start() throws ActiveMQException {
        out.start();
        for (DeviceSession device : devices.values()) device.session().start();
    }

    /** Sends what may be lost with the link. */
    void tell(WorkerMessage message) {
        send(Wire.bytes(message), message instanceof WorkerHello ? this::introduced : UnaryOperator.identity());
    }

    /** Sends a message about this link alone. */
    void say(LinkWord word) {
        send(new byte[0], message -> message.putStringProperty(Addresses.WORD, word.word()));
    }

    private ClientMessage introduced(ClientMessage hello) {
        hello.putStringProperty(Addresses.PROCESS, process);
        hello.putStringProperty(Addresses.PROGRAM, ProtocolVersion.program());
        return hello;
    }

    private void send(byte[] body, UnaryOperator<ClientMessage> marked) {
        try {
            synchronized (outgoing) {
                producer.send(marked.apply(addressed(Link.message(out, body, false))));
            }
        } catch (ActiveMQException e) {
            end(e);
        }
    }

    /** Says goodbye, so that the head does not raise an alarm about this worker; waits for its answer, but not for long. */
    void leave(Duration max) throws InterruptedException {
        say(LinkWord.GOODBYE);
        long deadline = System.nanoTime() + max.toNanos();
        while (System.nanoTime() < deadline && ended.getCount() > 0) {
            if (parted.await(50, TimeUnit.MILLISECONDS)) return;
        }
    }

    /**
     * Sends a report and acknowledges its lease, both or neither.
     *
     * @param device whose session to use
     * @param lease  the lease's message; null when it did not come by this link
     * @return whether it certainly arrived; if not, the link ends
     */
    boolean commit(String device, LeaseReport report, @Nullable ClientMessage lease) {
        DeviceSession own = devices.get(device);
        if (own == null) throw new IllegalArgumentException("no device " + device);
        try {
            synchronized (own.lock()) {
                own.producer().send(addressed(Link.message(own.session(), Wire.bytes(report), true)));
                if (lease != null) lease.individualAcknowledge();
                own.session().commit();
            }
            return true;
        } catch (ActiveMQException e) {
            end(e);
            return false;
        }
    }

    private ClientMessage addressed(ClientMessage message) {
        message.putStringProperty(SimpleString.of(Addresses.LINK), SimpleString.of(name));
        message.putStringProperty(SimpleString.of(Addresses.SENDER), SimpleString.of(worker));
        return message;
    }

    private void end(ActiveMQException why) {
        LOG.log(System.Logger.Level.DEBUG, "the link " + name + " ends", why);
        ended.countDown();
    }

    /** Waits until the connection fails or is given up; returns whether it did so in time. */
    boolean awaitEnd(Duration max) throws InterruptedException {
        return ended.await(max.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Gives the connection up; whoever waits for its end closes it. */
    void giveUp() {
        ended.countDown();
    }

    /** Whether it lasted long enough to count as a working connection. */
    boolean lasted() {
        return System.nanoTime() - openedNanos > LASTED.toNanos();
    }

    @Override
    public void close() {
        boolean failed = ended.getCount() == 0;
        ended.countDown();
        if (failed) link.abandon();
        else link.close();
    }
}
