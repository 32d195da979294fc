package io.bignode.node;

/** What the exit code of a command, of a head and of a worker means. */
public final class ExitCode {
    /** Everything went well. */
    public static final int OK = 0;

    /** A check came out negative. */
    public static final int CHECK_FAILED = 1;

    /** The command line or a file given on it is wrong. */
    public static final int USAGE = 2;

    /** The machine or the network does not provide what is needed. */
    public static final int ENVIRONMENT = 3;

    /** A fault of the program. */
    public static final int INTERNAL = 4;

    /** A GPU is lost for this process, and may work again in another one. */
    public static final int DEVICE_LOST = 5;

    private ExitCode() {}
}
