package io.bignode.session.store;

import io.bignode.fixtures.Waiting;
import io.bignode.monitor.Alarms;
import io.bignode.session.SessionStore;
import java.time.InstantSource;
import java.util.Optional;

class PostgresContractTest extends StoreContract {
    private String url;

    @Override
    SessionStore open() throws Exception {
        if (url == null) url = Postgres.database();
        return Waiting.value("the server notices that the last connection was closed", this::tryOpen);
    }

    private Optional<SqlStore> tryOpen() throws StoreRefused {
        return SqlStore.inPostgres(url, new Alarms(InstantSource.system()), (_, death) -> {
            throw new AssertionError(death);
        });
    }
}
