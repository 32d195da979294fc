package io.bignode.protocol;

/**
 * A hello, and what the head learned about the connection it came by.
 *
 * @param hello    what the worker says
 * @param origin   where it comes from
 * @param replaces whether the same process has an older connection that had not ended
 */
public record WorkerJoined(WorkerHello hello, Origin origin, boolean replaces) implements WorkerMessage {
    /**
     * Where a worker comes from.
     *
     * @param address its address, as the broker sees it; empty where that is not known
     * @param version the version of its program; empty where it is not known
     */
    public record Origin(String address, String version) {
        /** Of a worker nothing is known about. */
        public static final Origin UNKNOWN = new Origin("", "");

        /** As the end of a line of a log; empty where nothing is known. */
        public String text() {
            return (address.isEmpty() ? "" : ", from " + address) + (version.isEmpty() ? "" : ", version " + version);
        }
    }
}
