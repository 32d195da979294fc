package io.bignode.node;

import io.bignode.protocol.ProtocolVersion;

/** The version of this program in words. */
public final class ProgramVersion {
    private ProgramVersion() {}

    /** The version that the jar was built with, or a sentence that there is no jar. */
    public static String text() {
        String version = ProtocolVersion.program();
        return version.isEmpty() ? "(not from a jar)" : version;
    }
}
