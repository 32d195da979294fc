package io.bignode.cli.doctor;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import io.bignode.cli.terminal.Finding;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;

/** Doctor's checks of the host: its Java, its memory, its open files. */
final class HostChecks {
    /** The JVM's own share: the heap the launcher gives it, and what it needs beside. */
    private static final long PROGRAM_BYTES = 3L << 29;

    /** A main-net weight pool, the largest in use. */
    private static final long POOL_BYTES = 2L * 888_156_147;

    /** Libraries, the store and the broker's journal, with nobody connected. */
    private static final long MIN_FILES = 256;

    private static final long GOOD_FILES = 4096;

    private HostChecks() {}

    /** Runs the checks. */
    static List<Finding> run() {
        OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        Finding java = Finding.ok(
                "java", Runtime.version() + " in " + System.getProperty("java.home") + ", " + Runtime.getRuntime().availableProcessors() + " cores");
        Finding memory = memory(system.getTotalMemorySize(), system.getFreeMemorySize());
        return system instanceof UnixOperatingSystemMXBean unix ? List.of(java, memory, files(unix.getMaxFileDescriptorCount())) : List.of(java, memory);
    }

    /**
     * Judges how many files may be open.
     *
     * @param max files and connections of one process at a time
     */
    static Finding files(long max) {
        String limit = max + " files and connections may be open at the same time";
        String fix = "; raise it to " + GOOD_FILES + ": ulimit -n " + GOOD_FILES + ", LimitNOFILE= of the systemd unit, or ulimits of the compose file";
        if (max < MIN_FILES) return Finding.fail("files", limit + "; the program alone needs about " + MIN_FILES + fix);
        return max < GOOD_FILES ? Finding.warn("files", limit + "; many small nodes and workers need more" + fix) : Finding.ok("files", limit);
    }

    /**
     * Judges a host's memory.
     *
     * @param total what there is, of the host or of the container
     * @param free  what nothing uses, not even a cache of files
     */
    static Finding memory(long total, long free) {
        String sizes = String.format(Locale.ROOT, "the host has %.1f GiB of memory, %.1f of them unused", gib(total), gib(free));
        if (total < PROGRAM_BYTES) {
            return Finding.fail("memory", sizes + String.format(Locale.ROOT, "; a node needs %.1f GiB before it holds any weights: give it more",
                    gib(PROGRAM_BYTES)));
        }
        if (total < PROGRAM_BYTES + POOL_BYTES) {
            return Finding.warn("memory", sizes + String.format(
                    Locale.ROOT, "; main-net's weight pool and the program need %.1f GiB, so that main-net sessions are refused: give it more",
                    gib(PROGRAM_BYTES + POOL_BYTES)));
        }
        return Finding.ok("memory", sizes);
    }

    /** A number of bytes in GiB. */
    static double gib(long bytes) {
        return bytes / (double) (1L << 30);
    }
}
