package io.bignode.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.WorkerGone;
import io.bignode.protocol.WorkerJoined;
import io.bignode.protocol.WorkerMessage;
import io.bignode.protocol.WorkerMessage.WorkerRefused;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two workers of one name, by real connections; what the head learns and what the workers are told. */
@Timeout(60)
class SameNameTest extends ConnectedHeadTest {
    /** What a worker was told. */
    private static final class Told implements ArtemisWorker.Watcher {
        final BlockingQueue<String> words = new LinkedBlockingQueue<>();

        @Override
        public void joined() {
            words.add("joined");
        }

        @Override
        public void apart(JoinFailure failure) {
            words.add(failure.kind() + " " + failure.reason());
        }
    }

    private ArtemisWorker worker(Told told) {
        List<DeviceOffer> devices = List.of(new DeviceOffer("farm/cpu", "x", 1, 4));
        ArtemisWorker worker = new ArtemisWorker("farm", devices, tls.access(broker.port(), "farm"), told);
        worker.start();
        return worker;
    }

    private <T extends WorkerMessage> T next(Class<T> kind) throws InterruptedException {
        WorkerMessage message = reader.came().poll(20, TimeUnit.SECONDS);
        assertThat(message).isInstanceOf(kind);
        return kind.cast(message);
    }

    @Test
    void theSecondIsRefusedWithTheReasonAndTakenInWhenTheFirstLeaves() throws Exception {
        Told first = new Told();
        Told second = new Told();
        ArtemisWorker one = worker(first);
        assertThat(first.words.poll(20, TimeUnit.SECONDS)).isEqualTo("joined");
        assertThat(next(WorkerJoined.class).origin().address()).startsWith("127.0.0.1:");
        try (ArtemisWorker _ = worker(second)) {
            assertThat(second.words.poll(20, TimeUnit.SECONDS))
                    .matches("REFUSED the head refuses it: a worker named farm is connected from 127\\.0\\.0\\.1:\\d+ since"
                    + " \\S+Z: choose another name with DELEGATION_WORKER_NAME, or stop that one");
            WorkerRefused refused = next(WorkerRefused.class);
            assertThat(refused.kind()).isEqualTo(WorkerRefused.Kind.NAME);
            assertThat(JoinProbe.ask("farm", tls.access(broker.port(), "farm"))).isInstanceOf(JoinProbe.Answer.NameTaken.class);
            assertThat(first.words).as("the first is left alone").isEmpty();
            one.close();
            assertThat(second.words.poll(5, TimeUnit.SECONDS)).isEqualTo("joined");
            assertThat(next(WorkerGone.class).reason()).isEqualTo(WorkerGone.Reason.STOPPED);
            next(WorkerJoined.class);
        }
        assertThat(next(WorkerGone.class).reason()).isEqualTo(WorkerGone.Reason.STOPPED);
        assertThat(JoinProbe.ask("farm", tls.access(broker.port(), "farm"))).isEqualTo(new JoinProbe.Answer.Welcome(""));
        assertThat(reader.came()).as("nobody joins by asking").isEmpty();
    }
}
