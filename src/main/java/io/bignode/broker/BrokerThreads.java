package io.bignode.broker;

/**
 * How many threads Artemis may have. What it would take by itself grows with the cores without a bound, to some 1,500 threads with 128 cores; each keeps its stack
 * and buffers for a minute after it was used last, and messages go to all of them in turn.
 *
 * @param broker   that serve connections within the embedded broker
 * @param client   that serve this process's own connections to a broker, of each of the two kinds of connection
 * @param remoting that read from and write to the sockets of workers
 */
record BrokerThreads(int broker, int client, int remoting) {
    private static final int MAX = 32;
    private static final int MAX_REMOTING = 16;

    /** The threads of this process. */
    static final BrokerThreads HERE = of(Runtime.getRuntime().availableProcessors());

    /** The threads on so many cores. */
    static BrokerThreads of(int cores) {
        return new BrokerThreads(Math.clamp(4L * cores, 8, MAX), Math.clamp(8L * cores, 8, MAX), Math.clamp(3L * cores, 3, MAX_REMOTING));
    }
}
