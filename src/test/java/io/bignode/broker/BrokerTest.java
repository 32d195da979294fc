package io.bignode.broker;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A test with a broker that workers get in to by TLS. */
public abstract class BrokerTest {
    @TempDir
    protected Path folder;

    protected EmbeddedBroker broker;
    protected JoinTls tls;

    @BeforeEach
    void startTheBroker() throws Exception {
        tls = JoinTls.made();
        broker = tls.broker(folder);
    }

    @AfterEach
    void stopTheBroker() {
        broker.close();
    }
}
