package io.bignode.log;

import java.time.ZoneId;
import java.util.Collection;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Logger;

/** Sets how this process' log is written to standard error. */
public final class LogLines {
    private static final Secrets SECRETS = new Secrets();

    private LogLines() {}

    /**
     * From now on events are written so.
     *
     * @param json   an object a line instead of a text for people
     * @param traces stack traces in a text for people even of what is no error
     */
    public static void write(boolean json, boolean traces) {
        Formatter lines = json ? new JsonLines(SECRETS) : new TextLines(SECRETS, traces, ZoneId.systemDefault());
        for (Handler handler : Logger.getLogger("").getHandlers()) {
            // Others were asked for by name, by an operator with a logging.properties.
            if (handler instanceof ConsoleHandler) handler.setFormatter(lines);
        }
    }

    /** From now on these are not written, whatever holds them. */
    public static void conceal(Collection<String> secrets) {
        SECRETS.add(secrets);
    }
}
