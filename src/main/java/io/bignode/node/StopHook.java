package io.bignode.node;

import io.bignode.log.LogLines;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/** Ends a process that runs until it is told to stop (SIGTERM, Ctrl-C), also while it starts: closes what works by then and tells of it in the log. */
public final class StopHook {
    private static final System.Logger LOG = System.getLogger(StopHook.class.getName());

    /** The exit code with which {@link #endProcess} ends the process. */
    private static volatile int ending = ExitCode.OK;

    private final String how;
    private final Thread thread = Thread.ofPlatform().name("shutdown").unstarted(this::stop);

    /** Held while the work is started, so that it is not closed half started. */
    private final Lock beginning = new ReentrantLock();

    private Optional<Runnable> close = Optional.empty();
    private boolean stopping;
    private volatile int exitCode = ExitCode.OK;

    private StopHook(String how) {
        this.how = how;
    }

    /**
     * Takes over the process's end. There is nothing to close yet.
     *
     * @param how the log's words on how the work is ended
     */
    public static StopHook register(String how) {
        StopHook hook = new StopHook(how);
        LogLines.hold();
        Runtime.getRuntime().addShutdownHook(hook.thread);
        return hook;
    }

    /**
     * Lets the process work, unless it was told to stop meanwhile: then this call does not return.
     *
     * @param start what makes it work
     * @param end   closes all of it
     */
    public void begin(Runnable start, Runnable end) throws InterruptedException {
        beginning.lock();
        try {
            if (!stopping) {
                start.run();
                close = Optional.of(end);
                return;
            }
        } finally {
            beginning.unlock();
        }
        new CountDownLatch(1).await(); // the process is about to end
    }

    /**
     * Ends the process from within, closing all that works as at any other stop. Returns at once: what calls this may be what is waited for.
     *
     * @param code with which it ends
     */
    public static void endProcess(int code) {
        ending = code;
        Thread.ofPlatform().name("ending").start(() -> Runtime.getRuntime().exit(code));
    }

    /** The process ends with this code instead of 0, once what works is closed. */
    public void endWith(int code) {
        exitCode = code;
    }

    /** Lets a start that failed end the process with its own code and words. One that was told to stop before ends as it was told. */
    public void remove() {
        try {
            Runtime.getRuntime().removeShutdownHook(thread);
            LogLines.release();
        } catch (IllegalStateException stops) {
            LOG.log(System.Logger.Level.DEBUG, "the process stops already");
        }
    }

    private void stop() {
        close().ifPresentOrElse(
                end -> {
                    LOG.log(System.Logger.Level.INFO, "stopping: {0}", how);
                    end.run();
                },
                () -> LOG.log(System.Logger.Level.INFO, "stopping: the start is cancelled"));
        NativeFolder.remove();
        LOG.log(System.Logger.Level.INFO, "stopped");
        LogLines.close();
        // A process that was told to stop and did so ended well, whatever the signal.
        Runtime.getRuntime().halt(exitCode == ExitCode.OK ? ending : exitCode);
    }

    private Optional<Runnable> close() {
        beginning.lock();
        try {
            stopping = true;
            return close;
        } finally {
            beginning.unlock();
        }
    }
}
