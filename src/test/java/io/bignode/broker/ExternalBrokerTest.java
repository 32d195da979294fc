package io.bignode.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.lease.DeviceOffer;
import io.bignode.lease.Lease;
import io.bignode.lease.LeaseReport;
import io.bignode.lease.LeaseRequest;
import io.bignode.lease.Reported;
import io.bignode.lease.WorkerGone;
import io.bignode.lease.WorkerHello;
import io.bignode.lease.WorkerMessage;
import io.bignode.session.NonceRange;
import io.bignode.session.NonceSequence;
import io.bignode.session.WorkOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
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

    @BeforeEach
    void start() throws Exception {
        server.setConfiguration(new ConfigurationImpl()
                .setSecurityEnabled(false)
                .setPersistenceEnabled(true)
                .setJournalDirectory(folder.resolve("journal").toString())
                .setBindingsDirectory(folder.resolve("bindings").toString())
                .setPagingDirectory(folder.resolve("paging").toString())
                .setLargeMessagesDirectory(folder.resolve("large").toString())
                .addAcceptorConfiguration("tcp", "tcp://127.0.0.1:0"));
        server.start();
        int port = server.getActiveMQServer().getRemotingService().getAcceptor("tcp").getActualPort();
        access = new BrokerAccess(new BrokerAccess.External("tcp://127.0.0.1:" + port), "user", "password");
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
        DeviceOffer device = new DeviceOffer("farm/cpu", "x", 1, 4);
        try (ArtemisHead first = ArtemisHead.connect(access, (_, _) -> {});
                ArtemisWorker worker = new ArtemisWorker("farm", List.of(device), access, new Seam.Silent())) {
            worker.start();
            assertThat(next(first, WorkerHello.class)).isEqualTo(new WorkerHello("farm", List.of(device), List.of()));
            worker.request(new LeaseRequest("cpu", 4));
            assertThat(next(first, LeaseRequest.class)).isEqualTo(new LeaseRequest("farm/cpu", 4));
            first.send("farm/cpu", LEASE);
            assertThat(worker.take("cpu")).contains(LEASE);
            first.acknowledge();
            first.close();
            worker.request(new LeaseRequest("cpu", 4));
            try (ArtemisHead second = ArtemisHead.connect(access, (_, _) -> {})) {
                came.clear();
                assertThat(next(second, WorkerHello.class).held()).containsExactly("1");
                assertThat(next(second, LeaseRequest.class)).as("what waits is asked for again").isEqualTo(new LeaseRequest("farm/cpu", 4));
                worker.report(new LeaseReport.Done("1", List.of(), 1, 5));
                assertThat(next(second, Reported.class)).isEqualTo(new Reported("farm", new LeaseReport.Done("1", List.of(), 1, 5)));
            }
            try (ArtemisHead third = ArtemisHead.connect(access, (_, _) -> {})) {
                came.clear();
                assertThat(next(third, Reported.class).report().leaseId()).as("was not acknowledged").isEqualTo("1");
                third.acknowledge();
                next(third, WorkerHello.class);
                worker.close();
                assertThat(next(third, WorkerGone.class)).isEqualTo(new WorkerGone("farm"));
            }
        }
    }
}
