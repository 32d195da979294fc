package io.bignode.log;

import java.util.logging.LogManager;

/**
 * The platform's log manager, except that a process can have its log go on while it ends: the platform's closes all handlers when the process begins to
 * end, so that nothing is seen of how it ends. To be named by the property {@code java.util.logging.manager} before anything is logged.
 */
public final class LastingLogManager extends LogManager {
    private static volatile boolean held;

    /** Called by the platform. */
    public LastingLogManager() {}

    /**
     * Sets whether the handlers stay open when the process begins to end.
     *
     * @param stay whether they stay; they are closed otherwise
     */
    static void hold(boolean stay) {
        held = stay;
    }

    /** Closes the handlers, unless they are held. Called by the platform, when the process begins to end among others. */
    @Override
    public void reset() {
        if (!held) super.reset();
    }
}
