package io.bignode.log;

import java.time.ZoneId;
import java.util.Collection;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.LogManager;
import java.util.logging.Logger;

/** Sets how this process' log is written to standard error. */
public final class LogLines {
    private static final System.Logger LOG = System.getLogger(LogLines.class.getName());
    private static final Secrets SECRETS = new Secrets();

    private LogLines() {}

    /**
     * Sets how events are written from now on.
     *
     * @param traces stack traces in a text for people even of what is no error
     */
    public static void write(LineStyle style, boolean traces) {
        Formatter lines = style == LineStyle.JSON ? new JsonLines(SECRETS) : new TextLines(SECRETS, traces, ZoneId.systemDefault(), style);
        for (Handler handler : Logger.getLogger("").getHandlers()) {
            // Others were asked for by name, by an operator with a logging.properties.
            if (handler instanceof ConsoleHandler) handler.setFormatter(lines);
        }
        Thread.setDefaultUncaughtExceptionHandler(
                (thread, failure) -> LOG.log(System.Logger.Level.ERROR, "thread " + thread.getName() + " failed", failure));
    }

    /** Has the log go on when the process begins to end, until it is {@linkplain #close closed}: by whoever tells of the end, as the last thing. */
    public static void hold() {
        LastingLogManager.hold(true);
    }

    /** Has the log close when the process begins to end, as it does where it was never {@linkplain #hold held}. */
    public static void release() {
        LastingLogManager.hold(false);
    }

    /** Closes the log, and with it the files to which an operator's logging.properties has it written. Nothing is written after that. */
    public static void close() {
        release();
        LogManager.getLogManager().reset();
    }

    /** Sets texts that are not written from now on, whatever holds them. */
    public static void conceal(Collection<String> secrets) {
        SECRETS.add(secrets);
    }
}
