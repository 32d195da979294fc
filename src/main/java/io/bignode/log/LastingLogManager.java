package io.bignode.log;

import java.util.logging.LogManager;

/**
 * The platform's log manager, except that the log goes on until the process has ended: the platform's takes all handlers away when the process begins to
 * end, so that nothing is seen of how it ends. To be named by the property {@code java.util.logging.manager} before anything is logged.
 */
public final class LastingLogManager extends LogManager {
    private static volatile boolean configured;

    /** Made by the platform. */
    public LastingLogManager() {}

    /** From now on the handlers stay. */
    static void keep() {
        configured = true;
    }

    /** Part of reading a configuration; at the process' end, nothing. */
    @Override
    public void reset() {
        if (!configured) super.reset();
    }
}
