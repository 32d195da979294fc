package io.bignode.session;

import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Silences the node's log for tests that start thousands of sessions. */
public final class Quiet implements BeforeAllCallback, AfterAllCallback {
    private final Logger log = Logger.getLogger("io.bignode");

    /** Another test of this process may have set it. */
    private @Nullable Level before;

    @Override
    public void beforeAll(ExtensionContext context) {
        before = log.getLevel();
        log.setLevel(Level.OFF);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        log.setLevel(before);
    }
}
