package io.bignode.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.WorkerGone;
import io.bignode.protocol.WorkerJoined;
import io.bignode.protocol.WorkerMessage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Workers that have nothing to say for longer than a silent one is waited for: devices without meters between two sprints. Each stays connected, by every
 * route there is.
 */
@Timeout(90)
class IdleLinksTest {
    private static final Duration LONGER = Duration.ofMillis(3 * Link.TTL_MILLIS / 2);
    private static final Duration FOUR_TIMES = Duration.ofMillis(4 * Link.TTL_MILLIS);

    @TempDir
    Path folder;

    @Test
    void onTheWayThroughTlsAndWithinTheProcessNobodyIsTakenForGone() throws Exception {
        throughTlsAndWithin(LONGER);
    }

    @Test
    @Tag("full")
    void onTheWayThroughTlsAndWithinTheProcessNobodyIsForALongTimeEither() throws Exception {
        throughTlsAndWithin(FOUR_TIMES);
    }

    @Test
    @Tag("full")
    void onTheWayThroughAnExternalBrokerNobodyIsTakenForGone() throws Exception {
        throughAnother(FOUR_TIMES);
    }

    private void throughTlsAndWithin(Duration idle) throws Exception {
        JoinTls tls = JoinTls.made();
        try (EmbeddedBroker broker = tls.broker(folder);
                ArtemisHead head = new ArtemisHead().connect(broker.head(), broker);
                ArtemisWorker remote = worker("farm", tls.access(broker.port(), "farm"));
                ArtemisWorker own = worker("local", broker.local())) {
            remote.start();
            own.start();
            assertJoinedOnceAndNeverGone(head, 2, idle);
        }
    }

    private void throughAnother(Duration idle) throws Exception {
        EmbeddedActiveMQ server = new EmbeddedActiveMQ();
        ConfigurationImpl configuration = new ConfigurationImpl();
        configuration.setPersistenceEnabled(false).setSecurityEnabled(false).setConnectionTtlCheckInterval(500);
        configuration.addAcceptorConfiguration("tcp", "tcp://127.0.0.1:0");
        server.setConfiguration(configuration);
        server.start();
        int port = server.getActiveMQServer().getRemotingService().getAcceptor("tcp").getActualPort();
        BrokerAccess access = new BrokerAccess(new BrokerAccess.External("tcp://127.0.0.1:" + port), "user", "password");
        try (ArtemisHead head = new ArtemisHead().connect(access, Doorkeeper.NOBODY);
                ArtemisWorker worker = worker("farm", access)) {
            worker.start();
            assertJoinedOnceAndNeverGone(head, 1, idle);
        } finally {
            server.stop();
        }
    }

    private static ArtemisWorker worker(String name, BrokerAccess access) {
        return new ArtemisWorker(name, List.of(new DeviceOffer(name + "/cpu", "x", 1, 4)), access, new ArtemisWorker.Watcher() {});
    }

    private static void assertJoinedOnceAndNeverGone(ArtemisHead head, int workers, Duration idle) throws InterruptedException {
        List<WorkerMessage> came = new ArrayList<>();
        long until = System.nanoTime() + idle.toNanos();
        while (System.nanoTime() < until) came.addAll(head.receive(Duration.ofNanos(Math.min(until - System.nanoTime(), TimeUnit.SECONDS.toNanos(1)))));
        assertThat(came).noneMatch(WorkerGone.class::isInstance);
        List<WorkerJoined> joined = came.stream().filter(WorkerJoined.class::isInstance).map(WorkerJoined.class::cast).toList();
        // A worker that connects while the head asks all to introduce themselves does so twice, by one link. A second link would come from another port.
        assertThat(joined.stream().map(one -> one.hello().worker() + " " + one.origin().address()).distinct()).hasSize(workers);
        assertThat(joined).allSatisfy(one -> assertThat(one.origin().address()).matches(one.hello().worker().equals("local") ? "" : "127\\.0\\.0\\.1:\\d+"));
    }
}
