package io.bignode.broker;

import io.bignode.protocol.WorkerMessage;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** Reads what a head receives all the time, as the head's thread does. Closes the head. */
public final class HeadReader implements AutoCloseable {
    private final ArtemisHead head;
    private final BlockingQueue<WorkerMessage> came = new LinkedBlockingQueue<>();
    private final Thread thread;

    /** Reads from now on. */
    public HeadReader(ArtemisHead head) {
        this.head = head;
        this.thread = Thread.ofVirtual().start(this::read);
    }

    private void read() {
        try {
            while (true) came.addAll(head.receive(Duration.ofSeconds(1)));
        } catch (InterruptedException e) {
            // the test is over
        }
    }

    /** What came and was not taken yet. */
    public BlockingQueue<WorkerMessage> came() {
        return came;
    }

    @Override
    public void close() throws InterruptedException {
        thread.interrupt();
        thread.join();
        head.close();
    }
}
