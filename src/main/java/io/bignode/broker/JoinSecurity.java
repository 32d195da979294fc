package io.bignode.broker;

import io.bignode.protocol.DeviceId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import javax.security.auth.Subject;
import org.apache.activemq.artemis.core.security.CheckType;
import org.apache.activemq.artemis.core.security.Role;
import org.apache.activemq.artemis.spi.core.protocol.RemotingConnection;
import org.apache.activemq.artemis.spi.core.security.ActiveMQSecurityManager5;
import org.apache.activemq.artemis.spi.core.security.jaas.UserPrincipal;
import org.jspecify.annotations.Nullable;

/**
 * Decides who may connect to the embedded broker, and what they may do there. A worker shows the join token and may write to the head and have queues under
 * its own name; the head and its own devices, in this process, show a secret that nobody else has.
 */
final class JoinSecurity implements ActiveMQSecurityManager5 {
    /** The user name of the head; no worker can have it. */
    static final String HEAD = "HEAD";

    private static final System.Logger LOG = System.getLogger(JoinSecurity.class.getName());

    private final Predicate<String> joins;
    private final OncePerMinute warnings = new OncePerMinute(System::nanoTime);
    private final String ownSecret;
    private final Set<String> quarantined = ConcurrentHashMap.newKeySet();

    JoinSecurity(Predicate<String> joins) {
        this.joins = joins;
        byte[] bits = new byte[32];
        new SecureRandom().nextBytes(bits);
        this.ownSecret = HexFormat.of().formatHex(bits);
    }

    String ownSecret() {
        return ownSecret;
    }

    void quarantine(String worker) {
        quarantined.add(worker);
    }

    void admit(String worker) {
        quarantined.remove(worker);
    }

    @Override
    public @Nullable Subject authenticate(
            @Nullable String user, @Nullable String password, @Nullable RemotingConnection connection, @Nullable String domain) {
        if (user == null || password == null || !admits(user, password)) {
            if (connection != null) warn(String.valueOf(user), connection.getRemoteAddress());
            return null;
        }
        return new Subject(true, Set.of(new UserPrincipal(user)), Set.of(), Set.of());
    }

    private void warn(String user, @Nullable String address) {
        String from = address == null ? "" : address.startsWith("/") ? address.substring(1) : address;
        String name = DeviceId.isWorker(user) ? user : "of no valid name";
        boolean kept = quarantined.contains(user);
        // A stranger's port and name change with each try; its host does not.
        if (!warnings.isDue(kept + from.replaceAll(":\\d+$", ""))) return;
        LOG.log(System.Logger.Level.WARNING, "worker {0} from {1} is refused: {2}", name, from, kept
                ? "it is in quarantine until an operator admits it"
                : "its join token is not this head's; give it the one in the file join-token of this head's data folder, or what DELEGATION_JOIN_TOKEN is"
                + " here");
    }

    private boolean admits(String user, String password) {
        if (user.equals(HEAD) || user.equals(DeviceId.LOCAL)) {
            return MessageDigest.isEqual(password.getBytes(StandardCharsets.US_ASCII), ownSecret.getBytes(StandardCharsets.US_ASCII));
        }
        return DeviceId.isWorker(user) && joins.test(password) && !quarantined.contains(user);
    }

    @Override
    public boolean authorize(@Nullable Subject subject, Set<Role> roles, CheckType check, String address) {
        if (subject == null) return false;
        return subject.getPrincipals(UserPrincipal.class).stream().anyMatch(user -> user.getName().equals(HEAD) || mayWorker(user.getName(), check, address));
    }

    private static boolean mayWorker(String worker, CheckType check, String address) {
        int queue = address.indexOf("::");
        String target = queue < 0 ? address : address.substring(0, queue);
        if (check.equals(CheckType.SEND)) return target.equals(Addresses.HEAD);
        boolean own = Addresses.ownedBy(worker, target)
                || target.equals(Addresses.WORKERS) && (queue < 0 || Addresses.ownedBy(worker, address.substring(queue + 2)));
        boolean itsLife = check.equals(CheckType.CONSUME)
                || check.equals(CheckType.CREATE_NON_DURABLE_QUEUE)
                || check.equals(CheckType.DELETE_NON_DURABLE_QUEUE)
                || check.equals(CheckType.CREATE_ADDRESS)
                || check.equals(CheckType.DELETE_ADDRESS);
        return own && itsLife;
    }

    @Override
    public boolean validateUser(@Nullable String user, @Nullable String password) {
        return user != null && password != null && admits(user, password);
    }

    @Override
    public boolean validateUserAndRole(@Nullable String user, @Nullable String password, Set<Role> roles, CheckType check) {
        return false;
    }
}
