package io.bignode.config;

import java.nio.file.Path;

/** Where the token came from, so that the operator can be told. */
public sealed interface TokenOrigin {
    /** The operator set it in the environment. */
    record Environment() implements TokenOrigin {}

    /**
     * This node made it, now or at an earlier start.
     *
     * @param path   the file that keeps it
     * @param isNew whether it was made now
     */
    record File(Path path, boolean isNew) implements TokenOrigin {}
}
