package io.bignode.engine.cuda;

import java.time.Duration;

/**
 * A GPU's time when nobody computes, in which it may be measured. Whoever computes comes first: a measurement looks between its steps whether somebody wants
 * the GPU, and lets go of it at once. So whoever comes waits for one step at most. Safe for use by several threads.
 */
final class IdleTime {
    private int users;
    private boolean measuring;
    private boolean closed;
    private long lastUse = System.nanoTime() - Duration.ofDays(1).toNanos();

    /** A use of the GPU, until it is closed. */
    interface Use extends AutoCloseable {
        @Override
        void close();
    }

    /** A measurement that somebody who computes has ended. */
    static final class WantedException extends Exception {
        private static final long serialVersionUID = 1;

        WantedException() {
            super("the GPU is wanted", null, false, false);
        }
    }

    /** What is measured. */
    @FunctionalInterface
    interface Measurement {
        /** Runs it; {@link #step} is to be called before each launch. */
        void run() throws WantedException;
    }

    /** Takes the GPU for somebody who computes. Waits until a measurement has let go of it. */
    synchronized Use use() {
        users++;
        boolean interrupted = false;
        while (measuring) {
            try {
                wait();
            } catch (InterruptedException later) {
                interrupted = true;
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
        return this::leave;
    }

    private synchronized void leave() {
        users--;
        lastUse = System.nanoTime();
        notifyAll();
    }

    /** Goes on measuring unless somebody wants the GPU or it is to be closed. */
    synchronized void step() throws WantedException {
        if (users > 0 || closed) throw new WantedException();
    }

    /**
     * Measures once the GPU has been idle for {@code quiet}.
     *
     * @return whether the measurement came to its end; where not, somebody wanted the GPU, or it is to be closed
     */
    boolean measure(Duration quiet, Measurement measurement) throws InterruptedException {
        synchronized (this) {
            while (!closed && !quietFor(quiet)) wait(Math.max(1, quiet.toMillis()));
            if (closed) return false;
            measuring = true;
        }
        try {
            measurement.run();
            return true;
        } catch (WantedException wanted) {
            return false;
        } finally {
            synchronized (this) {
                measuring = false;
                notifyAll();
            }
        }
    }

    private boolean quietFor(Duration quiet) {
        return users == 0 && System.nanoTime() - lastUse >= quiet.toNanos();
    }

    /** Whether nothing is measured any more. */
    synchronized boolean closed() {
        return closed;
    }

    /** Has nothing measured any more, and waits until what is being measured has ended, for so long at most. */
    synchronized void close(Duration limit) {
        closed = true;
        notifyAll();
        long deadline = System.nanoTime() + limit.toNanos();
        try {
            for (long left = limit.toMillis(); measuring && left > 0; left = (deadline - System.nanoTime()) / 1_000_000) wait(left);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }
}
