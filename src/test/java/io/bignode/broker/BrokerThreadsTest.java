package io.bignode.broker;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.activemq.artemis.api.core.client.ActiveMQClient;
import org.junit.jupiter.api.Test;

class BrokerThreadsTest {
    @Test
    void aSmallHostHasAsManyAsArtemisWouldTake() {
        assertThat(BrokerThreads.of(2)).isEqualTo(new BrokerThreads(8, 16, 6));
    }

    @Test
    void aHostWithManyCoresHasNoMoreThanItNeeds() {
        assertThat(BrokerThreads.of(128)).isEqualTo(new BrokerThreads(32, 32, 16));
    }

    @Test
    void whoConnectsHasTheClientsThreadsBounded() throws Exception {
        Class.forName(Link.class.getName());
        assertThat(ActiveMQClient.getGlobalThreadPoolSize()).isEqualTo(BrokerThreads.HERE.client());
    }
}
