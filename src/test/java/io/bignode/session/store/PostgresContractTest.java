package io.bignode.session.store;

import io.bignode.monitor.Alarms;
import io.bignode.session.SessionStore;
import java.time.InstantSource;
import java.util.Optional;

class PostgresContractTest extends StoreContract {
    private String url;

    @Override
    SessionStore open() throws Exception {
        if (url == null) url = Postgres.database();
        Optional<SqlStore> store = tryOpen();
        // The server takes its time to notice that the last connection was closed.
        while (store.isEmpty()) {
            Thread.onSpinWait();
            store = tryOpen();
        }
        return store.get();
    }

    private Optional<SqlStore> tryOpen() throws StoreRefused {
        return SqlStore.inPostgres(url, new Alarms(InstantSource.system()), (_, death) -> {
            throw new AssertionError(death);
        });
    }
}
