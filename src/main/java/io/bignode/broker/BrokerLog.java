package io.bignode.broker;

import java.util.List;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What of Artemis' log is worth reading: its warnings and errors, but not several for every session of a connection that ended, which is told once. */
final class BrokerLog {
    private static final Set<String> ENDED_CONNECTIONS = Set.of("AMQ212037", "AMQ222061", "AMQ222107", "AMQ222067", "AMQ224088", "AMQ224048");

    /** Held here, as the log manager alone would forget them and their levels. */
    private static final Logger ARTEMIS = Logger.getLogger("org.apache.activemq");

    private static final Logger AUDIT = Logger.getLogger("org.apache.activemq.audit");

    private static final List<Logger> TALKATIVE = List.of(
            Logger.getLogger("org.apache.activemq.artemis.core.client"), Logger.getLogger("org.apache.activemq.artemis.core.server"));

    private BrokerLog() {}

    /** Has the rest left out from now on. */
    static void quiet() {
        ARTEMIS.setLevel(Level.WARNING);
        AUDIT.setLevel(Level.OFF);
        TALKATIVE.forEach(logger -> logger.setFilter(BrokerLog::isWorthReading));
    }

    private static boolean isWorthReading(LogRecord entry) {
        String text = String.valueOf(entry.getMessage());
        Throwable cause = entry.getThrown();
        if (cause != null) {
            // One line an event: where in Artemis it arose helps nobody who runs a node.
            entry.setThrown(null);
            entry.setMessage(text + ": " + cause.getMessage());
        }
        return text.length() < 9 || !ENDED_CONNECTIONS.contains(text.substring(0, 9));
    }
}
