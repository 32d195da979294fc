package io.bignode.api.mlnode;

import io.bignode.http.Problem;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Calls of an ML node's API that reach this node because somebody gave its address where an ML node's belongs. Their caller is told so without a token, as
 * it has none of ours; nothing of this node's own is told. Thread safe.
 */
public final class MlNodeCalls {
    private static final System.Logger LOG = System.getLogger(MlNodeCalls.class.getName());
    private static final Duration BETWEEN_WARNINGS = Duration.ofMinutes(1);

    /** The beginnings of an ML node's paths, up to a slash. */
    private static final List<String> PATHS = List.of("/api/v1/state", "/api/v1/stop", "/api/v1/pow", "/api/v1/inference");

    private final LongSupplier nanoTime;
    private final String orders;
    private final AtomicLong nextWarning;

    /**
     * No call has come yet.
     *
     * @param nanoTime measures time, as {@link System#nanoTime}
     * @param orders   the path below which small nodes order work here
     */
    public MlNodeCalls(LongSupplier nanoTime, String orders) {
        this.nanoTime = nanoTime;
        this.orders = orders;
        this.nextWarning = new AtomicLong(nanoTime.getAsLong());
    }

    /**
     * The answer to a call of an ML node's path. It is logged once a minute at most.
     *
     * @param from the client's address
     */
    public Optional<Problem> problem(String path, InetAddress from) {
        Optional<String> kind = PATHS.stream().filter(each -> path.equals(each) || path.startsWith(each + "/")).findFirst();
        kind.ifPresent(known -> warn(known, from));
        return kind.map(known -> Problem.notFound("there is no " + known + " here: this is a big node, which small nodes order work from at " + orders
                + ". That path belongs to an ML node's API: give the network's node its ML node's own address, and give this one only where the delegation"
                + " URL is "
                + "asked for"));
    }

    private void warn(String kind, InetAddress from) {
        long now = nanoTime.getAsLong();
        long next = nextWarning.get();
        if (now - next < 0 || !nextWarning.compareAndSet(next, now + BETWEEN_WARNINGS.toNanos())) return;
        LOG.log(
                System.Logger.Level.WARNING,
                "{0} calls an ML node''s API ({1}), which this node does not have: its owner gave this node''s address where the ML node''s belongs",
                from.getHostAddress(),
                kind);
    }
}
