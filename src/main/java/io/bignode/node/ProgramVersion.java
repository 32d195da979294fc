package io.bignode.node;

import io.bignode.protocol.ProtocolVersion;

/** The version of this program as people read it. */
public final class ProgramVersion {
    private ProgramVersion() {}

    /** The version the jar was built with, or that there is no jar. */
    public static String text() {
        String version = ProtocolVersion.program();
        return version.isEmpty() ? "(not from a jar)" : version;
    }
}
