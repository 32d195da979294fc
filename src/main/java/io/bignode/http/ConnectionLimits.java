package io.bignode.http;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.jspecify.annotations.Nullable;

/**
 * How many connections there may be and how long each may take. Thread safe.
 *
 * <p>Whoever showed no right token is a stranger. Strangers have a budget for all of them and one for each address; when one is spent, the next
 * connection takes the place of the oldest one whose request has not arrived whole, so that no number of silent or half-sent ones keeps anybody out.
 * Those who showed a token have a budget for each tenant, which strangers cannot touch.
 *
 * <p>The server's own idle limit counts silence alone, and one byte a second is not silent. So each connection has a deadline here for what it
 * does: a request's head must be there within some time after the one before it was answered, and what is written must be taken.
 */
final class ConnectionLimits implements Connection.Listener {
    /** Connections at a time of those who showed no token. */
    static final int MAX_STRANGERS = 1024;

    /** The same, of one address; many small nodes may stand behind one, and poll at the same moment. */
    static final int MAX_STRANGERS_OF_ADDRESS = 256;

    private final Duration silent;
    private final Duration stalled;
    private final int maxOfTenant;
    private final LongSupplier nanoTime;
    private final Map<Connection, Limited> all = new ConcurrentHashMap<>();

    /** In the order in which they came; guarded by this, as are the next two. */
    private final Set<Limited> strangers = new LinkedHashSet<>();

    private final Map<InetAddress, Set<Limited>> strangersByAddress = new HashMap<>();
    private final Map<String, Set<Limited>> byTenant = new HashMap<>();
    private volatile boolean closing;

    /**
     * Nobody is connected yet.
     *
     * @param nanoTime measures time, as {@link System#nanoTime}
     */
    ConnectionLimits(HttpRules rules, LongSupplier nanoTime) {
        this.silent = rules.silent();
        this.stalled = rules.stalled();
        this.maxOfTenant = rules.maxConnections();
        this.nanoTime = nanoTime;
    }

    /** What a connection is doing, and by when it must have done it. */
    final class Limited {
        private final Connection connection;
        private final InetAddress from;
        private volatile @Nullable String tenant;
        private volatile boolean serving;
        private volatile boolean awaitsBody;
        private volatile long deadline = nanoTime.getAsLong() + silent.toNanos();

        private Limited(Connection connection, InetAddress from) {
            this.connection = connection;
            this.from = from;
        }

        /** Whether no right token came over this connection yet. */
        boolean isStranger() {
            return tenant == null;
        }

        /** The address of the client, or of a proxy in front of it. */
        InetAddress from() {
            return from;
        }

        /** A request's head is there: what follows has deadlines of its own. */
        void begin() {
            serving = true;
            deadline = Long.MAX_VALUE;
        }

        /** The request was answered: the next one must be there in time. */
        void end() {
            serving = false;
            if (closing) close();
            deadline = nanoTime.getAsLong() + (tenant == null ? silent : stalled).toNanos();
        }

        /** Notes whether the request waits for the rest of its body. */
        void awaitsBody(boolean does) {
            awaitsBody = does;
        }

        /** Something is being written, and must be taken by the client within this time, or sooner by one who showed no token. */
        void writing(Duration longest) {
            Duration granted = tenant == null && silent.compareTo(longest) < 0 ? silent : longest;
            deadline = nanoTime.getAsLong() + granted.toNanos();
        }

        private boolean isIncomplete() {
            return !serving || awaitsBody;
        }

        /** The client took what was being written. */
        void written() {
            deadline = Long.MAX_VALUE;
        }

        private void close() {
            connection.getEndPoint().close();
        }
    }

    /** How many clients are connected. */
    int open() {
        return all.size();
    }

    /** The limits of the connection that a request came over. */
    Limited of(Connection connection) {
        Limited limited = all.get(connection);
        // Closed while its request was on its way here: whatever is answered reaches nobody.
        return limited != null ? limited : new Limited(connection, address(connection));
    }

    /**
     * Notes that a right token came by a connection.
     *
     * @throws ProblemException when its tenant has as many connections that work as it may have
     */
    void known(Limited limited, String tenant) throws ProblemException {
        if (tenant.equals(limited.tenant)) return;
        Limited idle = null;
        synchronized (this) {
            forget(limited);
            Set<Limited> own = byTenant.computeIfAbsent(tenant, _ -> new LinkedHashSet<>());
            limited.tenant = tenant;
            own.add(limited);
            if (own.size() > maxOfTenant) {
                idle = first(own, other -> !other.serving);
                if (idle == null) throw new ProblemException(Problem.crowded("as many connections of yours are open as may be: " + maxOfTenant));
            }
        }
        if (idle != null) idle.close();
    }

    @Override
    public void onOpened(Connection connection) {
        if (connection instanceof SslConnection) return; // the HTTP connection within it is counted
        Limited limited = new Limited(connection, address(connection));
        all.put(connection, limited);
        Optional<Limited> tooMany;
        synchronized (this) {
            strangers.add(limited);
            strangersByAddress.computeIfAbsent(limited.from, _ -> new LinkedHashSet<>()).add(limited);
            tooMany = tooMany(limited);
        }
        tooMany.ifPresent(Limited::close);
    }

    @Override
    public void onClosed(Connection connection) {
        Limited limited = all.remove(connection);
        if (limited == null) return;
        synchronized (this) {
            forget(limited);
        }
    }

    /** Closes those that are beyond their deadline; to be called a few times a second. */
    void tick() {
        long now = nanoTime.getAsLong();
        close(all.values(), limited -> now - limited.deadline > 0 && limited.deadline != Long.MAX_VALUE);
    }

    /** Closes those that wait for a request, and the others when theirs is answered. */
    void closeIdle() {
        closing = true;
        close(all.values(), limited -> !limited.serving);
    }

    private static void close(Collection<Limited> of, Predicate<Limited> which) {
        new ArrayList<>(of).stream().filter(which).forEach(Limited::close);
    }

    /** The stranger whose place a new one needs: one whose request has not arrived whole rather than one that is being answered, and of those the oldest. */
    private Optional<Limited> tooMany(Limited newcomer) {
        Set<Limited> neighbours = strangersByAddress.getOrDefault(newcomer.from, Set.of());
        Set<Limited> crowd = neighbours.size() > MAX_STRANGERS_OF_ADDRESS ? neighbours : strangers.size() > MAX_STRANGERS ? strangers : Set.of();
        Limited incomplete = first(crowd, limited -> limited != newcomer && limited.isIncomplete());
        return Optional.ofNullable(incomplete != null ? incomplete : first(crowd, limited -> limited != newcomer));
    }

    private static @Nullable Limited first(Set<Limited> of, Predicate<Limited> which) {
        return of.stream().filter(which).findFirst().orElse(null);
    }

    private void forget(Limited limited) {
        strangers.remove(limited);
        drop(strangersByAddress, limited.from, limited);
        String tenant = limited.tenant;
        if (tenant != null) drop(byTenant, tenant, limited);
    }

    private static <K> void drop(Map<K, Set<Limited>> from, K key, Limited limited) {
        from.computeIfPresent(key, (_, set) -> {
            set.remove(limited);
            return set.isEmpty() ? null : set;
        });
    }

    private static InetAddress address(Connection connection) {
        return connection.getEndPoint().getRemoteSocketAddress() instanceof InetSocketAddress remote && remote.getAddress() != null
                ? remote.getAddress()
                : InetAddress.getLoopbackAddress();
    }
}
