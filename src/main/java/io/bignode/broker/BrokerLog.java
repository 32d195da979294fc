package io.bignode.broker;

import java.util.List;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Filters Artemis' log: its warnings and errors pass, each kind for each host once a minute at most. The several lines about each session of a connection
 * that ended are left out, and so is what this program logs itself.
 */
final class BrokerLog {
    /** Tasks of the broker that were refused because it had stopped. */
    private static final String STOPPED = "AMQ229257";

    private static final Set<String> ENDED_CONNECTIONS = Set.of("AMQ212037", "AMQ222061", "AMQ222107", "AMQ222067", "AMQ224088", "AMQ224048");

    /** A connection that cannot be made, and a login that is refused: {@link JoinProbe} and {@link JoinSecurity} report them. */
    private static final Set<String> TOLD_ALREADY = Set.of("AMQ214016", "AMQ222216");

    /** A client does not trust the certificate it is shown, or does not speak TLS. */
    private static final String HANDSHAKE_FAILED = "AMQ222208";

    private static final Pattern CODE = Pattern.compile("AMQ\\d{6}");
    private static final Pattern ADDRESS = Pattern.compile("(?:\\d{1,3}(?:\\.\\d{1,3}){3}|\\[[0-9a-fA-F:.%a-z]+])(?::\\d{1,5})?");
    private static final Pattern PORT = Pattern.compile(":\\d{1,5}$");

    /** Held here, as the log manager alone would forget them and their levels. */
    private static final Logger ARTEMIS = Logger.getLogger("org.apache.activemq");

    private static final Logger AUDIT = Logger.getLogger("org.apache.activemq.audit");

    private static final List<Logger> TALKATIVE = List.of(
            Logger.getLogger("org.apache.activemq.artemis.core.client"), Logger.getLogger("org.apache.activemq.artemis.core.server"),
            Logger.getLogger("org.apache.activemq.artemis.utils.actors.OrderedExecutor"));

    private static final OncePerMinute TOLD = new OncePerMinute(System::nanoTime);

    private BrokerLog() {}

    /** Installs the filter. */
    static void quiet() {
        ARTEMIS.setLevel(Level.WARNING);
        AUDIT.setLevel(Level.OFF);
        TALKATIVE.forEach(logger -> logger.setFilter(entry -> isWorthReading(entry, TOLD)));
    }

    /** Whether an event is to be logged; its message is rewritten where it would be hard to understand. */
    static boolean isWorthReading(LogRecord entry, OncePerMinute limiter) {
        String text = String.valueOf(entry.getMessage());
        Throwable cause = entry.getThrown();
        if (cause != null) {
            // One line an event: where in Artemis it arose helps nobody who runs a node.
            entry.setThrown(null);
            text += ": " + cause.getMessage();
            entry.setMessage(text);
        }
        Matcher coded = CODE.matcher(text);
        if (!coded.lookingAt()) return true;
        String code = coded.group();
        if (ENDED_CONNECTIONS.contains(code) || TOLD_ALREADY.contains(code) || code.equals(STOPPED)) return false;
        Matcher address = ADDRESS.matcher(text);
        String from = address.find() ? address.group() : "";
        // A stranger's port changes with each try, its host does not.
        if (!limiter.isDue(code + PORT.matcher(from).replaceFirst(""))) return false;
        if (code.equals(HANDSHAKE_FAILED)) {
            entry.setMessage("what connects from " + (from.isEmpty() ? "somewhere" : from)
                    + " to the port for workers ended the TLS handshake: a worker there was"
                    + " given another certificate's fingerprint, or it is no worker (" + text.substring(code.length()).replaceFirst("^[: ]+", "") + ")");
        }
        return true;
    }
}
