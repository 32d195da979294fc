package io.bignode.cli;

import io.bignode.config.Settings;
import io.bignode.http.HttpRules;
import io.bignode.http.Standby;
import io.bignode.session.Alarms;
import io.bignode.session.SessionStore;
import io.bignode.session.store.SqlStore;
import io.bignode.session.store.StoreRefused;
import java.time.Duration;
import java.util.Optional;

/** Opens the store a head keeps its sessions in, and stands by as long as another head has it. */
final class HeadStore {
    private static final System.Logger LOG = System.getLogger(HeadStore.class.getName());
    private static final Duration PERIOD = Duration.ofSeconds(1);

    private HeadStore() {}

    /**
     * Opens it; where another head writes the same PostgreSQL database, waits until that one is gone, telling whoever asks that this one is
     * not ready.
     *
     * @param rules where to listen while standing by
     * @throws CommandException when it cannot be used
     */
    static SessionStore open(Settings settings, Alarms alarms, HttpRules rules) throws InterruptedException {
        try {
            if (settings.store().postgresUrl().isEmpty()) return SqlStore.inFolder(settings.dataDir(), alarms, Node::die);
            String url = settings.store().postgresUrl().get();
            Optional<SqlStore> store = SqlStore.inPostgres(url, alarms, Node::die);
            return store.isPresent() ? store.get() : standBy(settings, url, alarms, rules);
        } catch (StoreRefused refused) {
            throw CommandException.environment(refused.reason());
        }
    }

    private static SessionStore standBy(Settings settings, String url, Alarms alarms, HttpRules rules) throws InterruptedException, StoreRefused {
        LOG.log(System.Logger.Level.INFO, "another head serves: standing by");
        try (Standby standby = Standby.start(rules)) {
            LOG.log(System.Logger.Level.INFO, "standing by at {0}:{1}", settings.host(), Integer.toString(standby.port()));
            Optional<SqlStore> store = Optional.empty();
            while (store.isEmpty()) {
                Thread.sleep(PERIOD);
                store = SqlStore.inPostgres(url, alarms, Node::die);
            }
            LOG.log(System.Logger.Level.INFO, "the other head is gone: this one serves now");
            return store.get();
        } catch (IllegalStateException unbound) {
            throw CommandException.environment(unbound.getMessage() + ": is another node running there? Choose another with DELEGATION_PORT.");
        }
    }
}
