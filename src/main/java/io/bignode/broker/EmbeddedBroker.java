package io.bignode.broker;

import io.bignode.protocol.DeviceId;
import io.bignode.protocol.WorkerGone;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;
import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.TransportConfiguration;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.CoreAddressConfiguration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.remoting.impl.invm.InVMAcceptorFactory;
import org.apache.activemq.artemis.core.remoting.impl.netty.NettyAcceptor;
import org.apache.activemq.artemis.core.remoting.impl.netty.NettyAcceptorFactory;
import org.apache.activemq.artemis.core.remoting.impl.netty.TransportConstants;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.server.Queue;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.core.settings.impl.AddressFullMessagePolicy;
import org.apache.activemq.artemis.core.settings.impl.AddressSettings;
import org.apache.activemq.artemis.utils.critical.CriticalAnalyzerPolicy;

/** Artemis in the head's own process: a journal in the data folder, the head's own devices within the process, other hosts by TLS. */
public final class EmbeddedBroker implements Doorkeeper, AutoCloseable {
    private static final System.Logger LOG = System.getLogger(EmbeddedBroker.class.getName());
    private static final AtomicInteger SERVERS = new AtomicInteger();
    private static final String ACCEPTOR = "workers";

    /** How long the journal waits for more messages before it writes: a result is not acknowledged before it is written. */
    private static final int JOURNAL_WAIT_NANOS = 100_000;

    private static final int JOURNAL_FILE_BYTES = 2 * Wire.MAX_BYTES;

    /** So many journal files are made at the first start and are used in turn: a disk that fills up later does not stop the broker. */
    private static final int JOURNAL_FILES = 4;

    /** More than this many bytes of messages of one address wait on disk instead of in memory. */
    private static final long ADDRESS_BYTES = 64L << 20;

    /** Places that a queue has from the start, more are made when needed: each device has a queue, and by itself Artemis gives each 8,192 of them, 32 KB. */
    private static final int QUEUE_PLACES = 64;

    private final int serverId = SERVERS.incrementAndGet();
    private final JoinSecurity gate;
    private final ConnectionEnds ends = new ConnectionEnds();
    private final EmbeddedActiveMQ server = new EmbeddedActiveMQ();

    /**
     * The address on which workers of other hosts connect.
     *
     * @param host address to listen on
     * @param port port to listen on; 0 takes any that is free
     * @param tls  how the head proves who it is
     */
    public record Door(String host, int port, SSLContext tls) {}

    private EmbeddedBroker(JoinSecurity gate) {
        this.gate = gate;
    }

    /**
     * Starts one.
     *
     * @param folder for its journal; made when it is missing
     * @param door   where other hosts' workers connect; empty for none
     * @param joins  whether a text is the join token
     * @throws BrokerException when the journal cannot be used, or the address cannot be listened on
     */
    public static EmbeddedBroker start(Path folder, Optional<Door> door, Predicate<String> joins) throws BrokerException {
        BrokerLog.quiet();
        if (door.isPresent()) requireFree(door.get());
        EmbeddedBroker broker = new EmbeddedBroker(new JoinSecurity(joins));
        try {
            broker.server.setConfiguration(broker.configuration(folder, door));
            broker.server.setSecurityManager(broker.gate);
            broker.server.start();
        } catch (Exception e) {
            broker.close();
            throw new BrokerException("the broker cannot start: " + e.getMessage(), e);
        }
        if (!broker.server.getActiveMQServer().isStarted()) {
            broker.close();
            throw new BrokerException("the broker's journal in " + folder + " cannot be used. Move that folder away and start again: results"
                    + " that were on their way, about a second's work, are then computed anew; sessions are not kept there", null);
        }
        return broker;
    }

    /** Fails when the port cannot be listened on: Artemis itself would start without it and not report it. */
    private static void requireFree(Door door) throws BrokerException {
        try (ServerSocket probe = new ServerSocket()) {
            probe.bind(new InetSocketAddress(door.host(), door.port()));
        } catch (IOException e) {
            String fix = isOfThisHost(door.host()) ? "the port is in use; is another node running there? Choose another with DELEGATION_WORKER_PORT"
                    : "that is no address of this host. Set DELEGATION_WORKER_HOST to one, or to 0.0.0.0";
            throw new BrokerException("workers cannot be listened for on " + door.host() + ":" + door.port() + ": " + fix, e);
        }
    }

    private static boolean isOfThisHost(String host) {
        try {
            InetAddress address = InetAddress.getByName(host);
            return address.isAnyLocalAddress() || address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null;
        } catch (UnknownHostException none) {
            return false;
        } catch (SocketException unknown) {
            return true; // then the port is the likelier reason
        }
    }

    private Configuration configuration(Path folder, Optional<Door> door) throws Exception {
        Configuration configuration = new ConfigurationImpl()
                .setName("bignode")
                .setPersistenceEnabled(true)
                .setJournalType(JournalType.NIO)
                .setJournalFileSize(JOURNAL_FILE_BYTES)
                .setJournalMinFiles(JOURNAL_FILES)
                .setJournalPoolFiles(JOURNAL_FILES)
                .setJournalBufferTimeout_NIO(JOURNAL_WAIT_NANOS)
                .setJournalDirectory(folder.resolve("journal").toString())
                .setBindingsDirectory(folder.resolve("bindings").toString())
                .setPagingDirectory(folder.resolve("paging").toString())
                .setLargeMessagesDirectory(folder.resolve("large").toString())
                .setNodeManagerLockDirectory(folder.resolve("journal").toString())
                .setSecurityEnabled(true)
                .setPopulateValidatedUser(true)
                // Quarantine takes effect at once; connections are few.
                .setAuthenticationCacheSize(0)
                .setJMXManagementEnabled(false)
                .setMaxDiskUsage(-1)
                .setConnectionTtlCheckInterval(500)
                // A machine that slept or swapped is no reason to end; the head's own thread is watched by the supervisor.
                .setCriticalAnalyzerPolicy(CriticalAnalyzerPolicy.LOG)
                .setThreadPoolMaxSize(BrokerThreads.HERE.broker())
                .setScheduledThreadPoolMaxSize(2)
                .addAcceptorConfiguration(new TransportConfiguration(
                        InVMAcceptorFactory.class.getName(),
                        Map.of(org.apache.activemq.artemis.core.remoting.impl.invm.TransportConstants.SERVER_ID_PROP_NAME, serverId)))
                .addAddressSetting("#", new AddressSettings()
                        .setAutoCreateAddresses(false)
                        .setAutoCreateQueues(false)
                        .setMaxDeliveryAttempts(-1)
                        .setInitialQueueBufferSize(QUEUE_PLACES)
                        // Nothing is ever moved there, but Artemis warns of every queue that names none.
                        .setDeadLetterAddress(SimpleString.of("bignode.dead"))
                        .setExpiryAddress(SimpleString.of("bignode.dead"))
                        .setAddressFullMessagePolicy(AddressFullMessagePolicy.PAGE)
                        .setMaxSizeBytes(ADDRESS_BYTES))
                .addAddressConfiguration(address(Addresses.HEAD, RoutingType.ANYCAST)
                        .addQueueConfig(QueueConfiguration.of(Addresses.HEAD).setRoutingType(RoutingType.ANYCAST).setDurable(true)))
                .addAddressConfiguration(address(Addresses.WORKERS, RoutingType.MULTICAST));
        configuration.registerBrokerPlugin(ends);
        if (door.isPresent()) configuration.addAcceptorConfiguration(acceptor(door.get()));
        return configuration;
    }

    private static CoreAddressConfiguration address(String name, RoutingType routing) {
        return new CoreAddressConfiguration().setName(name).addRoutingType(routing);
    }

    private static TransportConfiguration acceptor(Door door) {
        Map<String, Object> parameters = new HashMap<>();
        parameters.put(TransportConstants.HOST_PROP_NAME, door.host());
        parameters.put(TransportConstants.PORT_PROP_NAME, door.port());
        parameters.put(TransportConstants.PROTOCOLS_PROP_NAME, "CORE");
        parameters.put(TransportConstants.SSL_ENABLED_PROP_NAME, true);
        parameters.put(TransportConstants.SSL_CONTEXT_PROP_NAME, door.tls());
        parameters.put(TransportConstants.ENABLED_PROTOCOLS_PROP_NAME, "TLSv1.3");
        parameters.put(TransportConstants.REMOTING_THREADS_PROPNAME, BrokerThreads.HERE.remoting());
        return new TransportConfiguration(NettyAcceptorFactory.class.getName(), parameters, ACCEPTOR);
    }

    /** The port other hosts connect to; -1 where there is none. */
    public int port() {
        return server.getActiveMQServer().getRemotingService().getAcceptor(ACCEPTOR) instanceof NettyAcceptor acceptor ? acceptor.getActualPort() : -1;
    }

    /** How many connections there are, those within this process too. */
    public int connections() {
        return server.getActiveMQServer().getConnectionCount();
    }

    /** How many messages of workers the head did not acknowledge yet. */
    public long queued() {
        Queue head = server.getActiveMQServer().locateQueue(Addresses.HEAD);
        return head == null ? 0 : head.getMessageCount();
    }

    /** The access of the head. */
    public BrokerAccess head() {
        return new BrokerAccess(new BrokerAccess.InVm(serverId), JoinSecurity.HEAD, gate.ownSecret());
    }

    /** The access of the head's own devices. */
    public BrokerAccess local() {
        return new BrokerAccess(new BrokerAccess.InVm(serverId), DeviceId.LOCAL, gate.ownSecret());
    }

    @Override
    public void quarantine(String worker) {
        gate.quarantine(worker);
    }

    @Override
    public void admit(String worker) {
        gate.admit(worker);
    }

    @Override
    public WorkerGone.Reason whyEnded(String address) {
        return ends.of(address);
    }

    /** Ends all connections and stops it; what the head did not acknowledge is in the journal. */
    @Override
    public void close() {
        try {
            server.stop();
        } catch (Exception e) {
            LOG.log(System.Logger.Level.WARNING, "the broker did not stop well", e);
        }
    }
}
