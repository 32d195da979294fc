package io.bignode.node;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * The processor time, in nanoseconds, that this process' threads took so far to serve leases: the head's thread, the store's and the broker's, by their names. What
 * computes here, and what answers small nodes, is not in it. A thread that ends takes what it did since the last look with it. Reads a clock of each such thread,
 * which takes microseconds each; not thread safe.
 */
final class ServingTime implements LongSupplier {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** What each thread that was there at the last look had taken. */
    private Map<Long, Long> taken = new HashMap<>();

    private long total;

    /** Whether a thread of this name serves leases. Artemis names its own after itself. */
    static boolean serves(String thread) {
        return thread.equals("head") || thread.equals("store") || thread.startsWith("broker-") || thread.contains("activemq");
    }

    @Override
    public long getAsLong() {
        Map<Long, Long> now = new HashMap<>();
        for (ThreadInfo thread : THREADS.getThreadInfo(THREADS.getAllThreadIds())) {
            // One that ended meanwhile has no information, or no time.
            if (thread == null || !serves(thread.getThreadName())) continue;
            long nanos = THREADS.getThreadCpuTime(thread.getThreadId());
            if (nanos < 0) continue;
            total += nanos - taken.getOrDefault(thread.getThreadId(), 0L);
            now.put(thread.getThreadId(), nanos);
        }
        taken = now;
        return total;
    }
}
