package io.bignode.log;

import java.time.ZoneId;
import java.util.Collection;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Logger;

/** Sets how this process' log is written to standard error. */
public final class LogLines {
    private static final System.Logger LOG = System.getLogger(LogLines.class.getName());
    private static final Secrets SECRETS = new Secrets();

    private LogLines() {}

    /**
     * From now on events are written so, until the process has ended.
     *
     * @param traces stack traces in a text for people even of what is no error
     */
    public static void write(LineStyle style, boolean traces) {
        Formatter lines = style == LineStyle.JSON ? new JsonLines(SECRETS) : new TextLines(SECRETS, traces, ZoneId.systemDefault(), style);
        for (Handler handler : Logger.getLogger("").getHandlers()) {
            // Others were asked for by name, by an operator with a logging.properties.
            if (handler instanceof ConsoleHandler) handler.setFormatter(lines);
        }
        LastingLogManager.keep();
        Thread.setDefaultUncaughtExceptionHandler(
                (thread, failure) -> LOG.log(System.Logger.Level.ERROR, "thread " + thread.getName() + " failed", failure));
    }

    /** From now on these are not written, whatever holds them. */
    public static void conceal(Collection<String> secrets) {
        SECRETS.add(secrets);
    }
}
