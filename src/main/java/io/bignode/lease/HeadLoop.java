package io.bignode.lease;

import io.bignode.protocol.HeadSide;
import io.bignode.protocol.WorkerMessage;
import io.bignode.session.Sessions;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * The head's thread: takes the workers' messages one after the other and lets time pass for sessions and leases.
 *
 * <p>Nothing is caught in it: a failure here is a bug that would leave the devices waiting for ever, so the given handler is called and
 * should end the process.
 */
public final class HeadLoop implements AutoCloseable {
    private static final Duration TICK = Duration.ofMillis(200);

    /** A longer pause between two rounds means that the thread stood still: the store kept it waiting, or the machine had no time for it. */
    private static final Duration STOOD = Duration.ofSeconds(1);

    private final Sessions sessions;
    private final Leases leases;
    private final HeadSide broker;
    private final LongSupplier nanoTime;
    private final Thread thread;
    private final long madeNanos;
    private volatile boolean closing;

    /**
     * Ready to {@link #start}.
     *
     * @param broker  where the workers' messages come from
     * @param onDeath called when the thread fails
     */
    public HeadLoop(Sessions sessions, Leases leases, HeadSide broker, Thread.UncaughtExceptionHandler onDeath) {
        this(sessions, leases, broker, onDeath, System::nanoTime);
    }

    /** The same with another clock. */
    HeadLoop(Sessions sessions, Leases leases, HeadSide broker, Thread.UncaughtExceptionHandler onDeath, LongSupplier nanoTime) {
        this.sessions = sessions;
        this.leases = leases;
        this.broker = broker;
        this.nanoTime = nanoTime;
        this.madeNanos = nanoTime.getAsLong();
        this.thread = Thread.ofPlatform().daemon().name("head").uncaughtExceptionHandler(onDeath).unstarted(this::run);
    }

    /** Starts the thread. */
    public void start() {
        thread.start();
    }

    /** Ends the thread once it handled what it has in hand and what already came in, and waits for that. */
    @Override
    public void close() {
        closing = true;
        thread.interrupt();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
    }

    private void run() {
        try {
            long ticked = nanoTime.getAsLong();
            // Devices are found and the broker is started first: until now no worker could be connected.
            leases.stood(Duration.ofNanos(ticked - madeNanos));
            while (!closing) {
                long untilTick = TICK.toNanos() - (nanoTime.getAsLong() - ticked);
                take(broker.receive(Duration.ofNanos(Math.max(0, untilTick))));
                if (nanoTime.getAsLong() - ticked < TICK.toNanos()) continue;
                sessions.tick();
                long now = nanoTime.getAsLong();
                if (now - ticked > STOOD.toNanos()) leases.stood(Duration.ofNanos(now - ticked));
                ticked = now;
                leases.tick();
            }
        } catch (InterruptedException e) {
            // only close() interrupts this thread; what came in before is still taken
        }
        drain();
    }

    private void take(List<WorkerMessage> messages) {
        leases.handle(messages);
        if (!messages.isEmpty()) broker.acknowledge();
    }

    private void drain() {
        try {
            List<WorkerMessage> messages = broker.receive(Duration.ZERO);
            while (!messages.isEmpty()) {
                take(messages);
                messages = broker.receive(Duration.ZERO);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
