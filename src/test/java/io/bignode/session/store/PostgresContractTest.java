package io.bignode.session.store;

import io.bignode.session.Alarms;
import io.bignode.session.SessionStore;
import java.time.InstantSource;

class PostgresContractTest extends StoreContract {
    private String url;

    @Override
    SessionStore open() throws Exception {
        if (url == null) url = Postgres.database();
        return SqlStore.inPostgres(url, new Alarms(InstantSource.system()), (_, death) -> {
            throw new AssertionError(death);
        }).orElseThrow();
    }
}
