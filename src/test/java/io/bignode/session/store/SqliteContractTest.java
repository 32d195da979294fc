package io.bignode.session.store;

import io.bignode.monitor.Alarms;
import io.bignode.session.SessionStore;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.io.TempDir;

class SqliteContractTest extends StoreContract {
    @TempDir
    Path folder;

    @Override
    SessionStore open() throws Exception {
        return SqlStore.inFolder(folder, new Alarms(InstantSource.system()), (_, death) -> {
            throw new AssertionError(death);
        });
    }
}
