package io.bignode.broker;

import io.bignode.protocol.DeviceHealth;
import io.bignode.protocol.DeviceId;
import io.bignode.protocol.HeadSide;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.ProtocolVersion;
import io.bignode.protocol.WorkerGone;
import io.bignode.protocol.WorkerHello;
import io.bignode.protocol.WorkerJoined;
import io.bignode.protocol.WorkerMessage;
import io.bignode.protocol.WorkerMessage.DeviceGone;
import io.bignode.protocol.WorkerMessage.LeaseRequest;
import io.bignode.protocol.WorkerMessage.Reported;
import io.bignode.protocol.WorkerMessage.WorkerFault;
import io.bignode.protocol.WorkerMessage.WorkerRefused;
import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.ActiveMQInterruptedException;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.management.ManagementHelper;
import org.jspecify.annotations.Nullable;

/**
 * The head's end of the broker. It learns of workers by their hellos and of their ends from the broker's own notifications; a worker has one
 * link at a time, and requests that came by an older one do not count any more.
 */
public final class ArtemisHead implements HeadSide, AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ArtemisHead.class.getName());

    /** How the broker's addresses of connections within the process begin. */
    private static final String WITHIN = "invm:";

    private static final int MAX_AT_A_TIME = 512;
    private static final Duration RETRY = Duration.ofMillis(500);

    /** Something that came in: a message to be read and acknowledged, or an event that the broker reported. */
    private record Incoming(@Nullable ClientMessage message, @Nullable WorkerMessage learned) {
        static final Incoming NOTHING = new Incoming(null, null);
    }

    private final BlockingQueue<Incoming> inbox = new LinkedBlockingQueue<>();
    private final WorkerLinks links = new WorkerLinks(InstantSource.system());
    private final OncePerMinute warnings = new OncePerMinute(System::nanoTime);

    private @Nullable ClientMessage received;
    private volatile Doorkeeper doorkeeper = Doorkeeper.NOBODY;
    private volatile @Nullable HeadConnection connection;
    private volatile boolean closed;

    /**
     * Connects to a broker as its head; workers that are connected already introduce themselves. Before this no worker is known, so that messages
     * to workers are dropped, as for a worker that disconnected.
     *
     * @param guard admits workers, or shuts them out
     * @return this
     * @throws BrokerException when the broker cannot be reached
     */
    public ArtemisHead connect(BrokerAccess access, Doorkeeper guard) throws BrokerException {
        doorkeeper = guard;
        try {
            connection = open(access);
        } catch (ActiveMQException e) {
            throw new BrokerException("the broker cannot be reached: " + e.getMessage(), e);
        }
        return this;
    }

    private HeadConnection open(BrokerAccess access) throws ActiveMQException {
        return new HeadConnection(access, message -> inbox.add(new Incoming(message, null)), this::noticed, failed -> lost(failed, access));
    }

    private void lost(HeadConnection failed, BrokerAccess access) {
        if (closed || connection != failed) return;
        connection = null;
        LOG.log(System.Logger.Level.WARNING, "the broker cannot be reached: trying again until it can");
        Thread.ofPlatform().daemon().name("broker-head").start(() -> reconnect(access));
    }

    private void reconnect(BrokerAccess access) {
        while (!closed && connection == null) {
            try {
                HeadConnection opened = open(access);
                connection = opened;
                if (closed) opened.close();
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
        inbox.drainTo(incoming, MAX_AT_A_TIME - 1);
        List<WorkerMessage> messages = new ArrayList<>();
        for (Incoming next : incoming) {
            if (next.message() != null) {
                received = next.message();
                read(next.message()).ifPresent(messages::add);
            } else if (next.learned() != null) {
                messages.add(next.learned());
            }
        }
        return messages;
    }

    @Override
    public void wake() {
        inbox.add(Incoming.NOTHING);
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
        String link = Link.text(message, Addresses.LINK);
        String vouched = message.getValidatedUserID();
        String worker = vouched == null ? Link.text(message, Addresses.SENDER) : vouched;
        if (!DeviceId.isWorker(worker)) return Optional.empty();
        try {
            if (!Addresses.ownedBy(worker, link)) throw new MalformedMessageException("a message that names the link of another worker");
            Optional<String> foreign = ProtocolVersion.OURS.refusal(Link.text(message, Addresses.PROTOCOL), ProtocolVersion.Peer.WORKER);
            if (foreign.isPresent()) return lives(link) ? refuse(WorkerRefused.Kind.PROTOCOL, worker, link, foreign.get()) : Optional.empty();
            String word = Link.text(message, Addresses.WORD);
            if (!word.isEmpty()) return LinkWord.of(word).flatMap(linkWord -> linkWord(worker, link, linkWord));
            Optional<WorkerMessage> parsed = Wire.workerMessage(Link.body(message));
            return parsed.isPresent() ? accept(worker, link, parsed.get(), message) : Optional.empty();
        } catch (MalformedMessageException | IllegalArgumentException e) {
            return lives(link) ? Optional.of(new WorkerFault(worker, String.valueOf(e.getMessage()))) : damaged(worker, e);
        }
    }

    /**
     * What a worker sends over its link arrives whole. A message that lay in the broker's journal while no head ran may have been damaged there, which is
     * no worker's fault.
     */
    private Optional<WorkerMessage> damaged(String worker, Exception fault) {
        if (warnings.isDue("damaged " + worker)) {
            LOG.log(System.Logger.Level.WARNING, "from before worker {0} connected comes {1}; it is dropped, and what it told of is computed again: look at"
                    + " the disk"
                    + " of the broker''s journal", worker, fault.getMessage());
        }
        return Optional.empty();
    }

    private Optional<WorkerMessage> accept(String worker, String link, WorkerMessage parsed, ClientMessage message) throws MalformedMessageException {
        return switch (parsed) {
            // A result counts whichever link it comes by.
            case LeaseReport report -> Optional.of(new Reported(worker, report));
            case WorkerHello hello -> hello(worker, link, hello, message);
            case LeaseRequest request -> of(worker, link, request.deviceId(), request);
            case DeviceGone gone -> of(worker, link, gone.deviceId(), gone);
            case DeviceHealth health -> of(worker, link, health.deviceId(), health);
            case WorkerJoined _, WorkerRefused _, WorkerGone _, WorkerFault _, Reported _ ->
                throw new MalformedMessageException("a message that no worker sends");
        };
    }

    private Optional<WorkerMessage> hello(String worker, String link, WorkerHello hello, ClientMessage message) throws MalformedMessageException {
        if (!hello.worker().equals(worker)) throw new MalformedMessageException("a hello in the name of another worker");
        String process = Link.text(message, Addresses.PROCESS);
        return switch (links.hello(worker, link, process.isEmpty() ? link : process, this::lives)) {
            case WorkerLinks.Answer.TakenIn(Optional<String> former) -> {
                former.ifPresent(this::cut);
                tell(link, new HeadMessage.Welcome(ProtocolVersion.program()));
                String version = ProtocolVersion.program(Link.text(message, Addresses.PROGRAM));
                yield Optional.of(new WorkerJoined(hello, new WorkerJoined.Origin(links.address(link), version), former.isPresent()));
            }
            case WorkerLinks.Answer.NameTaken taken -> refuse(WorkerRefused.Kind.NAME, worker, link, reason(worker, taken));
            case WorkerLinks.Answer.Ended() -> Optional.empty();
        };
    }

    private String reason(String worker, WorkerLinks.Answer.NameTaken taken) {
        String address = links.address(taken.link());
        return "a worker named " + worker + " is connected" + (address.isEmpty() ? "" : " from " + address) + " since "
                + taken.since().truncatedTo(ChronoUnit.SECONDS) + ": choose another name with DELEGATION_WORKER_NAME, or stop that one";
    }

    /** Whether a link is open; where the broker cannot tell, it is left in its place. */
    private boolean lives(String link) {
        HeadConnection open = connection;
        if (open == null) return true;
        try {
            return open.lives(link);
        } catch (ActiveMQException e) {
            LOG.log(System.Logger.Level.DEBUG, "the broker does not tell whether " + link + " is open", e);
            return true;
        } catch (ActiveMQInterruptedException e) {
            // The head is being closed.
            Thread.currentThread().interrupt();
            return true;
        }
    }

    private Optional<WorkerMessage> refuse(WorkerRefused.Kind kind, String worker, String link, String reason) {
        tell(link, new HeadMessage.Refused(reason));
        String address = links.address(link);
        if (warnings.isDue(kind + "/" + worker)) {
            LOG.log(System.Logger.Level.WARNING, "worker {0}{1} is refused: {2}", worker, address.isEmpty() ? "" : " from " + address, reason);
        }
        return Optional.of(new WorkerRefused(worker, kind, address, reason));
    }

    private Optional<WorkerMessage> linkWord(String worker, String link, LinkWord word) {
        return switch (word) {
            case INQUIRY -> {
                Optional<WorkerLinks.Answer.NameTaken> holder = links.holder(worker, link, this::lives);
                tell(link, holder.isPresent() ? new HeadMessage.Refused(reason(worker, holder.get())) : new HeadMessage.Welcome(ProtocolVersion.program()));
                yield Optional.empty();
            }
            case GOODBYE -> {
                tell(link, new HeadMessage.Farewell());
                yield links.ended(link).map(end -> gone(end, WorkerGone.Reason.STOPPED));
            }
        };
    }

    private Optional<WorkerMessage> of(String worker, String link, String deviceId, WorkerMessage message) throws MalformedMessageException {
        if (!DeviceId.of(deviceId).worker().equals(worker)) throw new MalformedMessageException("a message about a device of another worker");
        Optional<String> current = links.of(worker);
        if (current.isPresent()) return current.get().equals(link) ? Optional.of(message) : Optional.empty();
        tell(link, new HeadMessage.Introduce());
        return Optional.empty();
    }

    /** A consumer was opened or closed: that of a link's own queue is the link's beginning or end. */
    private void noticed(ClientMessage notice) {
        try {
            notice.acknowledge();
        } catch (ActiveMQException e) {
            LOG.log(System.Logger.Level.DEBUG, "a notice's acknowledgement was lost with its queue", e);
        }
        String link = Link.text(notice, ManagementHelper.HDR_ROUTING_NAME.toString());
        if (Addresses.workerOf(link).isEmpty()) return;
        String address = Link.text(notice, ManagementHelper.HDR_REMOTE_ADDRESS.toString());
        if (Link.text(notice, ManagementHelper.HDR_NOTIFICATION_TYPE.toString()).equals("CONSUMER_CREATED")) {
            // The head's own devices come from nowhere else.
            if (!address.startsWith(WITHIN)) links.opened(link, address);
            return;
        }
        WorkerGone.Reason reason = doorkeeper.whyEnded(address);
        links.ended(link).ifPresent(end -> inbox.add(new Incoming(null, gone(end, reason))));
    }

    /** A worker that waited for the name may introduce itself now. */
    private WorkerGone gone(WorkerLinks.End end, WorkerGone.Reason reason) {
        end.next().ifPresent(link -> tell(link, new HeadMessage.Introduce()));
        return new WorkerGone(end.worker(), reason);
    }

    @Override
    public void send(String deviceId, Lease lease) {
        DeviceId device = DeviceId.of(deviceId);
        links.of(device.worker()).ifPresent(link -> deliver(Addresses.leases(link, device.device()), Wire.bytes(lease)));
    }

    @Override
    public void cancel(String deviceId, String leaseId) {
        links.of(DeviceId.of(deviceId).worker()).ifPresent(link -> tell(link, new HeadMessage.Cancel(leaseId)));
    }

    @Override
    public void quarantine(String worker, String reason) {
        doorkeeper.quarantine(worker);
        links.of(worker).ifPresent(link -> {
            tell(link, new HeadMessage.Quarantined(reason));
            cut(link);
        });
    }

    @Override
    public void admit(String worker) {
        doorkeeper.admit(worker);
    }

    private void tell(String link, HeadMessage message) {
        deliver(link, Wire.bytes(message));
    }

    /** A message that cannot be delivered is dropped: the end of the worker's link is noticed, and a lease has a deadline. */
    private void deliver(String address, byte[] body) {
        HeadConnection open = connection;
        if (open == null) return;
        try {
            open.send(address, RoutingType.ANYCAST, body);
        } catch (ActiveMQException e) {
            LOG.log(System.Logger.Level.DEBUG, "a message to " + address + " was dropped", e);
        }
    }

    private void cut(String link) {
        HeadConnection open = connection;
        if (open == null) return;
        try {
            open.cut(link);
        } catch (Exception e) {
            LOG.log(System.Logger.Level.WARNING, "a worker's connection could not be cut", e);
        }
    }

    @Override
    public void close() {
        closed = true;
        HeadConnection open = connection;
        if (open != null) open.close();
    }
}
