package io.bignode.broker;

import io.bignode.lease.Lease;
import io.bignode.lease.LeaseReport;
import io.bignode.lease.WorkerMessage;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.BiConsumer;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientProducer;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a worker. What needs no certainty goes out in one session; each device has a session of its own, in which a lease's result
 * and its acknowledgement are committed together.
 */
final class WorkerLink implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(WorkerLink.class.getName());

    private static final Duration LASTED = Duration.ofSeconds(2);

    /** Told of a lease that came for a device. */
    @FunctionalInterface
    interface Arrivals {
        void arrived(WorkerLink link, String device, Lease lease, ClientMessage message);
    }

    private record DeviceSession(ClientSession session, ClientProducer producer) {}

    private final String worker;
    private final String name;
    private final Link link;
    private final ClientSession out;
    private final ClientProducer producer;
    private final Map<String, DeviceSession> devices = new LinkedHashMap<>();
    private final long openedNanos = System.nanoTime();
    private final CountDownLatch ended = new CountDownLatch(1);

    /**
     * Connects; nothing is delivered before {@link #start}.
     *
     * @param deviceNames the devices, by their names within the host
     */
    WorkerLink(String worker, BrokerAccess access, List<String> deviceNames, Arrivals arrivals, BiConsumer<WorkerLink, HeadMessage> words)
            throws ActiveMQException {
        this.worker = worker;
        this.name = Addresses.newLink(worker);
        this.link = new Link(access, ended::countDown);
        try {
            this.out = link.session(false);
            Link.temporaryQueue(out, Addresses.WORKERS, Addresses.toAll(name), RoutingType.MULTICAST);
            Link.temporaryQueue(out, name, name, RoutingType.ANYCAST);
            for (String queue : List.of(name, Addresses.toAll(name))) {
                out.createConsumer(queue).setMessageHandler(message -> word(message, words));
            }
            this.producer = out.createProducer(Addresses.HEAD);
            for (String device : deviceNames) devices.put(device, device(device, arrivals));
        } catch (ActiveMQException | RuntimeException e) {
            link.close();
            throw e;
        }
    }

    private DeviceSession device(String device, Arrivals arrivals) throws ActiveMQException {
        ClientSession session = link.session(true);
        String queue = Addresses.leases(name, device);
        Link.temporaryQueue(session, queue, queue, RoutingType.ANYCAST);
        session.createConsumer(queue).setMessageHandler(message -> {
            try {
                arrivals.arrived(this, device, Wire.lease(Link.body(message)), message);
            } catch (MalformedMessageException e) {
                LOG.log(System.Logger.Level.ERROR, "the head sent a lease that cannot be read: are both of the same version? {0}", e.getMessage());
            }
        });
        return new DeviceSession(session, session.createProducer(Addresses.HEAD));
    }

    private void word(ClientMessage message, BiConsumer<WorkerLink, HeadMessage> words) {
        try {
            synchronized (out) {
                message.acknowledge();
            }
            words.accept(this, Wire.headMessage(Link.body(message)));
        } catch (MalformedMessageException e) {
            LOG.log(System.Logger.Level.ERROR, "the head sent a message that cannot be read: are both of the same version? {0}", e.getMessage());
        } catch (ActiveMQException e) {
            end(e);
        }
    }

    /** Lets messages come in. */
    void start() throws ActiveMQException {
        out.start();
        for (DeviceSession device : devices.values()) device.session().start();
    }

    /** Sends what may be lost with the link. */
    void tell(WorkerMessage message) {
        try {
            synchronized (out) {
                producer.send(addressed(Link.message(out, Wire.bytes(message), false)));
            }
        } catch (ActiveMQException e) {
            end(e);
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
            synchronized (own.session()) {
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

    /** Waits until the connection fails. */
    void awaitEnd() throws InterruptedException {
        ended.await();
    }

    /** Whether it was of use for a while. */
    boolean lasted() {
        return System.nanoTime() - openedNanos > LASTED.toNanos();
    }

    @Override
    public void close() {
        ended.countDown();
        link.close();
    }
}
