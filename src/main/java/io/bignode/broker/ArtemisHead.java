package io.bignode.broker;

import io.bignode.lease.DeviceGone;
import io.bignode.lease.DeviceHealth;
import io.bignode.lease.DeviceName;
import io.bignode.lease.Lease;
import io.bignode.lease.LeaseReport;
import io.bignode.lease.LeaseRequest;
import io.bignode.lease.Reported;
import io.bignode.lease.WorkerFault;
import io.bignode.lease.WorkerGone;
import io.bignode.lease.WorkerHello;
import io.bignode.lease.WorkerMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientProducer;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.activemq.artemis.api.core.management.ManagementHelper;
import org.apache.activemq.artemis.api.core.management.ResourceNames;
import org.jspecify.annotations.Nullable;

/**
 * The head's end of the broker. It learns of workers by their hellos and of their ends from the broker's own notifications; a worker has one
 * link at a time, and what an older one asked for does not count any more.
 */
public final class ArtemisHead implements HeadSide, AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ArtemisHead.class.getName());
    private static final String NOTIFICATIONS = "activemq.notifications";
    private static final String MANAGEMENT = "activemq.management";
    private static final int MOST_AT_A_TIME = 512;
    private static final Duration RETRY = Duration.ofMillis(500);

    /** Something that came in: a message to be read and acknowledged, or something learned. */
    private record Incoming(@Nullable ClientMessage message, @Nullable WorkerMessage learned) {}

    private final BrokerAccess access;
    private final BiConsumer<String, Boolean> doorkeeper;
    private final BlockingQueue<Incoming> inbox = new LinkedBlockingQueue<>();

    /** The link each worker has now. */
    private final Map<String, String> links = new ConcurrentHashMap<>();

    private @Nullable ClientMessage received;
    private volatile @Nullable Connection connection;
    private volatile boolean closed;

    /** What is open while the broker can be reached. */
    private final class Connection {
        final Link link;
        final ClientSession out;
        final ClientProducer producer;

        Connection() throws ActiveMQException {
            this.link = new Link(access, this::failed);
            try {
                this.out = link.session(false);
                this.producer = out.createProducer();
                out.start();
                ClientSession notices = link.session(false);
                String queue = "bignode.notices." + Addresses.newLink("head");
                Link.temporaryQueue(notices, NOTIFICATIONS, queue, RoutingType.MULTICAST);
                notices.createConsumer(queue, "_AMQ_NotifType = 'CONSUMER_CLOSED'").setMessageHandler(ArtemisHead.this::noticed);
                notices.start();
                ClientSession in = link.session(false);
                makeAddresses(in);
                in.createConsumer(Addresses.HEAD).setMessageHandler(message -> inbox.add(new Incoming(message, null)));
                in.start();
                send(Addresses.WORKERS, RoutingType.MULTICAST, Wire.bytes(new HeadMessage.Introduce()));
            } catch (ActiveMQException e) {
                link.close();
                throw e;
            }
        }

        /** An external broker need not know our addresses beforehand. */
        private void makeAddresses(ClientSession session) throws ActiveMQException {
            if (!session.addressQuery(SimpleString.of(Addresses.WORKERS)).isExists()) {
                session.createAddress(SimpleString.of(Addresses.WORKERS), RoutingType.MULTICAST, false);
            }
            if (session.queueQuery(SimpleString.of(Addresses.HEAD)).isExists()) return;
            session.createQueue(QueueConfiguration.of(Addresses.HEAD).setRoutingType(RoutingType.ANYCAST).setDurable(true));
        }

        void send(String address, RoutingType routing, byte[] body) throws ActiveMQException {
            synchronized (out) {
                ClientMessage message = Link.message(out, body, false);
                message.setRoutingType(routing);
                producer.send(address, message);
            }
        }

        void failed() {
            if (closed || connection != this) return;
            connection = null;
            LOG.log(System.Logger.Level.WARNING, "the broker cannot be reached: trying again until it can");
            Thread.ofPlatform().daemon().name("broker-head").start(ArtemisHead.this::reconnect);
        }
    }

    private ArtemisHead(BrokerAccess access, BiConsumer<String, Boolean> doorkeeper) {
        this.access = access;
        this.doorkeeper = doorkeeper;
    }

    /**
     * Connects to a broker as its head; workers that are connected already introduce themselves.
     *
     * @param doorkeeper told to let a worker in, or no more
     * @throws BrokerException when it cannot be reached
     */
    public static ArtemisHead connect(BrokerAccess access, BiConsumer<String, Boolean> doorkeeper) throws BrokerException {
        ArtemisHead head = new ArtemisHead(access, doorkeeper);
        try {
            head.connection = head.new Connection();
        } catch (ActiveMQException e) {
            throw new BrokerException("the broker cannot be reached: " + e.getMessage(), e);
        }
        return head;
    }

    private void reconnect() {
        while (!closed && connection == null) {
            try {
                Connection opened = new Connection();
                connection = opened;
                if (closed) opened.link.close();
            } catch (ActiveMQException e) {
                LOG.log(System.Logger.Level.DEBUG, "the broker cannot be reached yet", e);
                pause();
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(RETRY);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public List<WorkerMessage> receive(Duration wait) throws InterruptedException {
        List<Incoming> incoming = new ArrayList<>();
        Incoming first = inbox.poll(wait.toNanos(), TimeUnit.NANOSECONDS);
        if (first == null) return List.of();
        incoming.add(first);
        inbox.drainTo(incoming, MOST_AT_A_TIME - 1);
        List<WorkerMessage> messages = new ArrayList<>();
        for (Incoming one : incoming) {
            if (one.message() != null) {
                received = one.message();
                read(one.message()).ifPresent(messages::add);
            } else if (one.learned() != null) {
                messages.add(one.learned());
            }
        }
        return messages;
    }

    @Override
    public void acknowledge() {
        ClientMessage last = received;
        received = null;
        if (last == null) return;
        try {
            // Those before it are acknowledged with it.
            last.acknowledge();
        } catch (ActiveMQException e) {
            LOG.log(System.Logger.Level.DEBUG, "an acknowledgement was lost: these messages come again and change nothing", e);
        }
    }

    private Optional<WorkerMessage> read(ClientMessage message) {
        String link = text(message, Addresses.LINK);
        String vouched = message.getValidatedUserID();
        String worker = vouched == null ? text(message, Addresses.SENDER) : vouched;
        if (!DeviceName.isWorker(worker)) return Optional.empty();
        try {
            return accept(worker, link, Wire.workerMessage(Link.body(message)));
        } catch (MalformedMessageException | IllegalArgumentException e) {
            return Optional.of(new WorkerFault(worker, String.valueOf(e.getMessage())));
        }
    }

    private static String text(ClientMessage message, String property) {
        return message.getObjectProperty(property) instanceof CharSequence text ? text.toString() : "";
    }

    private Optional<WorkerMessage> accept(String worker, String link, WorkerMessage message) throws MalformedMessageException {
        if (!Addresses.ownedBy(worker, link)) throw new MalformedMessageException("a message that names the link of another worker");
        return switch (message) {
            // A result counts whichever link it comes by.
            case LeaseReport report -> Optional.of(new Reported(worker, report));
            case WorkerHello hello -> Optional.of(hello(worker, link, hello));
            case LeaseRequest request -> of(worker, link, request.deviceId(), request);
            case DeviceGone gone -> of(worker, link, gone.deviceId(), gone);
            case DeviceHealth health -> of(worker, link, health.deviceId(), health);
            case WorkerGone _, WorkerFault _, Reported _ -> throw new MalformedMessageException("a message that no worker sends");
        };
    }

    private WorkerMessage hello(String worker, String link, WorkerHello hello) throws MalformedMessageException {
        if (!hello.worker().equals(worker)) throw new MalformedMessageException("a hello in the name of another worker");
        String before = links.put(worker, link);
        if (before != null && !before.equals(link)) cut(before);
        return hello;
    }

    private Optional<WorkerMessage> of(String worker, String link, String deviceId, WorkerMessage message) throws MalformedMessageException {
        if (!DeviceName.of(deviceId).worker().equals(worker)) throw new MalformedMessageException("a message about a device of another worker");
        String current = links.get(worker);
        if (link.equals(current)) return Optional.of(message);
        if (current == null) tell(link, new HeadMessage.Introduce());
        return Optional.empty();
    }

    /** A consumer was closed: that of a link's own queue is the link's end. */
    private void noticed(ClientMessage notice) {
        try {
            notice.acknowledge();
        } catch (ActiveMQException e) {
            LOG.log(System.Logger.Level.DEBUG, "a notice's acknowledgement was lost with its queue", e);
        }
        String queue = text(notice, ManagementHelper.HDR_ROUTING_NAME.toString());
        links.forEach((worker, link) -> {
            if (queue.equals(link) && links.remove(worker, link)) inbox.add(new Incoming(null, new WorkerGone(worker)));
        });
    }

    @Override
    public void send(String deviceId, Lease lease) {
        DeviceName device = DeviceName.of(deviceId);
        String link = links.get(device.worker());
        if (link != null) deliver(Addresses.leases(link, device.device()), Wire.bytes(lease));
    }

    @Override
    public void cancel(String deviceId, String leaseId) {
        String link = links.get(DeviceName.of(deviceId).worker());
        if (link != null) tell(link, new HeadMessage.Cancel(leaseId));
    }

    @Override
    public void bar(String worker, String reason) {
        doorkeeper.accept(worker, false);
        String link = links.get(worker);
        if (link == null) return;
        tell(link, new HeadMessage.Barred(reason));
        cut(link);
    }

    @Override
    public void admit(String worker) {
        doorkeeper.accept(worker, true);
    }

    private void tell(String link, HeadMessage message) {
        deliver(link, Wire.bytes(message));
    }

    /** What cannot be delivered is dropped: the worker's end is noticed, and a lease has a deadline. */
    private void deliver(String address, byte[] body) {
        Connection open = connection;
        if (open == null) return;
        try {
            open.send(address, RoutingType.ANYCAST, body);
        } catch (ActiveMQException e) {
            LOG.log(System.Logger.Level.DEBUG, "a message to " + address + " was dropped", e);
        }
    }

    private void cut(String link) {
        Connection open = connection;
        if (open == null) return;
        try {
            synchronized (open.out) {
                ClientMessage message = open.out.createMessage(false);
                message.setType(Message.DEFAULT_TYPE);
                ManagementHelper.putOperationInvocation(message, ResourceNames.BROKER, "closeConsumerConnectionsForAddress", link);
                open.producer.send(MANAGEMENT, message);
            }
        } catch (Exception e) {
            LOG.log(System.Logger.Level.WARNING, "a worker's connection could not be cut", e);
        }
    }

    @Override
    public void close() {
        closed = true;
        Connection open = connection;
        if (open != null) open.link.close();
    }
}
