package io.bignode.protocol;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The version of what head and workers say to each other. Every message bears its sender's, which is looked at before the message is read.
 *
 * <p>Versions of the same major work together: a newer minor only adds kinds of messages, words and fields, which an older one ignores. Versions of
 * different majors do not, and a message without a version is of before the first of them.
 *
 * @param major raised when an older version would misunderstand
 * @param minor raised when something is added
 */
public record ProtocolVersion(int major, int minor) {
    /** What this program speaks. */
    public static final ProtocolVersion OURS = new ProtocolVersion(2, 3);

    private static final Pattern TEXT = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})");
    private static final Pattern PROGRAM = Pattern.compile("[0-9A-Za-z][0-9A-Za-z.+-]{0,63}");

    /** Who is at the other end. */
    public enum Peer {
        HEAD("the head", "worker"),
        WORKER("the worker", "head");

        private final String name;
        private final String other;

        Peer(String name, String other) {
            this.name = name;
            this.other = other;
        }
    }

    /** Reads {@code MAJOR.MINOR}; empty when it is none. */
    public static Optional<ProtocolVersion> of(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) return Optional.empty();
        return Optional.of(new ProtocolVersion(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2))));
    }

    /**
     * Why this version cannot talk to that of a peer; empty when it can.
     *
     * @param text the peer's version as a message bears it; empty when it bears none
     * @param peer who it is
     * @return a clause that says which side is to be updated
     */
    public Optional<String> refusal(String text, Peer peer) {
        Optional<ProtocolVersion> theirs = of(text);
        if (theirs.isEmpty()) {
            return Optional.of(peer.name + " tells no version of the protocol and this " + peer.other + " speaks " + this + ": update " + peer.name);
        }
        if (theirs.get().major == major) return Optional.empty();
        String older = theirs.get().major < major ? peer.name : "this " + peer.other;
        return Optional.of(peer.name + " speaks protocol " + theirs.get() + " and this " + peer.other + " " + this + ": update " + older);
    }

    /** The version of this program, as the jar was built with it; empty outside of a jar. */
    public static String program() {
        String version = ProtocolVersion.class.getPackage().getImplementationVersion();
        return version == null ? "" : version;
    }

    /** A program's version as a peer tells it; empty where it is no version. */
    public static String program(String text) {
        return PROGRAM.matcher(text).matches() ? text : "";
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}
