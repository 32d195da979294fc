package io.bignode.broker;

import io.bignode.protocol.WorkerMessage;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;

/** What a head receives, one message after the other. */
final class HeadInbox {
    private final ArtemisHead head;
    private final Queue<WorkerMessage> came = new ArrayDeque<>();

    HeadInbox(ArtemisHead head) {
        this.head = head;
    }

    /** The next one; what the head drops or ignores is none. */
    WorkerMessage next() throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (came.isEmpty()) {
            if (System.nanoTime() > deadline) throw new AssertionError("no message came");
            came.addAll(head.receive(Duration.ofSeconds(1)));
        }
        return came.remove();
    }
}
