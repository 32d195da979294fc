package io.bignode.broker;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A test with a broker and a head that reads what workers say. */
public abstract class ConnectedHeadTest extends BrokerTest {
    protected ArtemisHead head;
    protected HeadReader reader;

    @BeforeEach
    void connectTheHead() throws Exception {
        head = new ArtemisHead().connect(broker.head(), broker);
        reader = new HeadReader(head);
    }

    @AfterEach
    void stopTheHead() throws Exception {
        reader.close();
    }
}
