package io.bignode.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.bignode.fixtures.Certificates;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.NonceRange;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.WorkOrder;
import io.bignode.protocol.WorkerGone;
import io.bignode.protocol.WorkerHello;
import io.bignode.protocol.WorkerJoined;
import io.bignode.protocol.WorkerMessage;
import io.bignode.protocol.WorkerMessage.LeaseRequest;
import io.bignode.protocol.WorkerMessage.Reported;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.config.impl.SecurityConfiguration;
import org.apache.activemq.artemis.core.security.Role;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.spi.core.security.ActiveMQJAASSecurityManager;
import org.apache.activemq.artemis.spi.core.security.jaas.InVMLoginModule;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Head and worker over a broker that is neither's, and that was never told of their addresses; the head comes and goes. */
@Timeout(60)
class ExternalBrokerTest {
    private static final Lease LEASE = new Lease("1", "session", new WorkOrder("test", "shape", "{}"), new NonceSequence(0, 1), new NonceRange(0, 1));

    @TempDir
    Path folder;

    private final EmbeddedActiveMQ server = new EmbeddedActiveMQ();
    private final Queue<WorkerMessage> came = new ArrayDeque<>();
    private BrokerAccess access;

    private ConfigurationImpl configuration() {
        ConfigurationImpl configuration = new ConfigurationImpl();
        configuration
                .setPersistenceEnabled(true)
                .setJournalDirectory(folder.resolve("journal").toString())
                .setBindingsDirectory(folder.resolve("bindings").toString())
                .setPagingDirectory(folder.resolve("paging").toString())
                .setLargeMessagesDirectory(folder.resolve("large").toString());
        return configuration;
    }

    private int start(ConfigurationImpl configuration) throws Exception {
        server.setConfiguration(configuration);
        server.start();
        return server.getActiveMQServer().getRemotingService().getAcceptor("tcp").getActualPort();
    }

    private void startOpen() throws Exception {
        ConfigurationImpl configuration = configuration();
        configuration.setSecurityEnabled(false).addAcceptorConfiguration("tcp", "tcp://127.0.0.1:0");
        access = new BrokerAccess(new BrokerAccess.External("tcp://127.0.0.1:" + start(configuration)), "user", "password");
    }

    /** By TLS alone, and for whoever has the password of a user with one role. */
    private void startSecured() throws Exception {
        Certificates.Pair pair = Certificates.forLoopback();
        Path both = Files.writeString(folder.resolve("server.pem"), pair.keyPem() + pair.certificatePem());
        Path trusted = Files.writeString(folder.resolve("trusted.pem"), pair.certificatePem());
        ConfigurationImpl configuration = configuration();
        configuration
                .setSecurityEnabled(true)
                .addAcceptorConfiguration("tcp", "tcp://127.0.0.1:0?sslEnabled=true;keyStoreType=PEM;keyStorePath=" + both)
                .putSecurityRoles("#", Set.of(new Role("nodes", true, true, true, true, true, true, true, true, true, true, true, true)));
        SecurityConfiguration users = new SecurityConfiguration();
        users.addUser("user", "the-right-password");
        users.addRole("user", "nodes");
        server.setSecurityManager(new ActiveMQJAASSecurityManager(InVMLoginModule.class.getName(), users));
        String url = "tcp://127.0.0.1:" + start(configuration) + "?sslEnabled=true&trustStoreType=PEM&trustStorePath=" + trusted;
        access = new BrokerAccess(new BrokerAccess.External(url), "user", "the-right-password");
    }

    @AfterEach
    void stop() throws Exception {
        server.stop();
    }

    private <T extends WorkerMessage> T next(ArtemisHead head, Class<T> kind) throws InterruptedException {
        while (true) {
            WorkerMessage message = came.poll();
            if (message == null) came.addAll(head.receive(Duration.ofSeconds(1)));
            else if (kind.isInstance(message)) return kind.cast(message);
        }
    }

    @Test
    void aWorkerThatStayedConnectedIntroducesItselfToTheNextHead() throws Exception {
        startOpen();
        takeTurns();
    }

    @Test
    void byTlsAndWithAPasswordItIsTheSame() throws Exception {
        startSecured();
        takeTurns();
    }

    @Test
    void aWrongPasswordIsRefusedAndNotRepeated() throws Exception {
        startSecured();
        BrokerAccess wrong = new BrokerAccess(access.route(), "user", "a-wrong-password");
        assertThatExceptionOfType(BrokerException.class).isThrownBy(() -> new ArtemisHead().connect(wrong, Doorkeeper.NOBODY).close())
                .satisfies(refused -> assertThat(refused.getMessage()).doesNotContain("a-wrong-password"));
    }

    private void takeTurns() throws Exception {
        DeviceOffer device = new DeviceOffer("farm/cpu", "x", 1, 4);
        try (ArtemisHead first = new ArtemisHead().connect(access, Doorkeeper.NOBODY);
                ArtemisWorker worker = new ArtemisWorker("farm", List.of(device), access, new ArtemisWorker.Watcher() {})) {
            worker.start();
            assertThat(next(first, WorkerJoined.class).hello()).isEqualTo(new WorkerHello("farm", List.of(device), List.of()));
            worker.request(new LeaseRequest("cpu", 4));
            assertThat(next(first, LeaseRequest.class)).isEqualTo(new LeaseRequest("farm/cpu", 4));
            first.send("farm/cpu", LEASE);
            assertThat(worker.take("cpu")).contains(LEASE);
            first.acknowledge();
            first.close();
            worker.request(new LeaseRequest("cpu", 4));
            try (ArtemisHead second = new ArtemisHead().connect(access, Doorkeeper.NOBODY)) {
                came.clear();
                assertThat(next(second, WorkerJoined.class).hello().held()).containsExactly("1");
                assertThat(next(second, LeaseRequest.class)).as("what waits is asked for again").isEqualTo(new LeaseRequest("farm/cpu", 4));
                worker.report(new LeaseReport.Done("1", List.of(), 1, 5));
                assertThat(next(second, Reported.class)).isEqualTo(new Reported("farm", new LeaseReport.Done("1", List.of(), 1, 5)));
            }
            try (ArtemisHead third = new ArtemisHead().connect(access, Doorkeeper.NOBODY)) {
                came.clear();
                assertThat(next(third, Reported.class).report().leaseId()).as("was not acknowledged").isEqualTo("1");
                third.acknowledge();
                next(third, WorkerJoined.class);
                Thread stopping = Thread.ofVirtual().start(worker::close);
                assertThat(next(third, WorkerGone.class)).isEqualTo(new WorkerGone("farm", WorkerGone.Reason.STOPPED));
                stopping.join();
            }
        }
    }
}
