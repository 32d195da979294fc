package io.bignode.node;

import io.bignode.api.Api;
import io.bignode.config.DataFolder;
import io.bignode.config.Setting;
import io.bignode.config.Settings;
import io.bignode.http.HttpServer;
import io.bignode.monitor.Alarms;
import io.bignode.session.SessionStore;
import io.bignode.session.store.SqlStore;
import io.bignode.session.store.StoreRefused;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Opens the store in which a head keeps its sessions, and stands by while another head has it. */
public final class HeadStore {
    private static final System.Logger LOG = System.getLogger(HeadStore.class.getName());
    private static final Duration PERIOD = Duration.ofSeconds(1);

    private HeadStore() {}

    /**
     * Opens the store. Where another head writes the same PostgreSQL database, this call waits until that head is gone; meanwhile requests are answered that
     * this one is not ready.
     *
     * @param http  told when this head stands by
     * @throws CommandException when it cannot be used
     */
    public static SessionStore open(Settings settings, Alarms alarms, HttpServer http) throws InterruptedException {
        try {
            if (settings.postgresUrl().isEmpty()) {
                make(settings.dataDir());
                return SqlStore.inFolder(settings.dataDir(), alarms, Node::die);
            }
            String url = settings.postgresUrl().get();
            Optional<SqlStore> store = SqlStore.inPostgres(url, alarms, Node::die);
            return store.isPresent() ? store.get() : standBy(url, alarms, http);
        } catch (StoreRefused refused) {
            throw CommandException.environment(refused.reason());
        }
    }

    private static void make(Path dataDir) {
        try {
            DataFolder.make(dataDir);
        } catch (IOException refused) {
            throw CommandException.environment("the data folder " + dataDir + " cannot be made (" + FileFault.reason(refused)
                    + "); make it, or set " + Setting.DATA_DIR + " to another folder");
        }
    }

    private static SessionStore standBy(String url, Alarms alarms, HttpServer http) throws InterruptedException, StoreRefused {
        LOG.log(System.Logger.Level.INFO, "another head is active; this one is a standby");
        http.standBy(Api.START);
        Optional<SqlStore> store = Optional.empty();
        while (store.isEmpty()) {
            Thread.sleep(PERIOD);
            store = SqlStore.inPostgres(url, alarms, Node::die);
        }
        LOG.log(System.Logger.Level.INFO, "the other head is gone; this one serves now");
        return store.get();
    }
}
