package io.bignode.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import javax.security.auth.Subject;
import org.apache.activemq.artemis.core.security.CheckType;
import org.apache.activemq.artemis.spi.core.security.jaas.UserPrincipal;
import org.junit.jupiter.api.Test;

class JoinSecurityTest {
    private final JoinSecurity gate = new JoinSecurity("join"::equals);

    private boolean enters(String user, String password) {
        return gate.authenticate(user, password, null, null) != null;
    }

    private boolean may(String user, CheckType check, String address) {
        return gate.authorize(new Subject(true, Set.of(new UserPrincipal(user)), Set.of(), Set.of()), Set.of(), check, address);
    }

    @Test
    void aWorkerEntersWithTheJoinTokenUnderItsOwnNameOnly() {
        assertThat(enters("farm-1", "join")).isTrue();
        assertThat(enters("farm-1", "wrong")).isFalse();
        assertThat(enters("farm-1", null)).isFalse();
        assertThat(enters(null, "join")).isFalse();
        assertThat(enters("local", "join")).as("the head's own devices").isFalse();
        assertThat(enters("HEAD", "join")).as("the head").isFalse();
        assertThat(enters("farm.1", "join")).as("a name that could reach into another's addresses").isFalse();
        assertThat(enters("HEAD", gate.ownSecret())).isTrue();
    }

    @Test
    void aBarredWorkerStaysOutUntilItIsAdmitted() {
        gate.quarantine("farm-1");
        assertThat(enters("farm-1", "join")).isFalse();
        assertThat(enters("farm-2", "join")).isTrue();
        gate.admit("farm-1");
        assertThat(enters("farm-1", "join")).isTrue();
    }

    @Test
    void aWorkerWritesToTheHeadAndReadsItsOwnQueuesAndNothingElse() {
        String own = Addresses.newLink("farm");
        String others = Addresses.newLink("farm-2");
        assertThat(may("farm", CheckType.SEND, Addresses.HEAD)).isTrue();
        assertThat(may("farm", CheckType.CONSUME, own + "::" + own)).isTrue();
        assertThat(may("farm", CheckType.CREATE_NON_DURABLE_QUEUE, own)).isTrue();
        assertThat(may("farm", CheckType.CONSUME, Addresses.WORKERS + "::" + Addresses.toAll(own))).isTrue();
        assertThat(may("farm", CheckType.CONSUME, Addresses.HEAD)).as("other workers' results").isFalse();
        assertThat(may("farm", CheckType.CONSUME, others)).as("another's leases").isFalse();
        assertThat(may("farm", CheckType.CONSUME, Addresses.WORKERS + "::" + Addresses.toAll(others))).isFalse();
        assertThat(may("farm", CheckType.SEND, others)).as("leases for another").isFalse();
        assertThat(may("farm", CheckType.SEND, "activemq.management")).isFalse();
        assertThat(may("farm", CheckType.MANAGE, "activemq.management")).isFalse();
        assertThat(may("farm", CheckType.CONSUME, "activemq.notifications")).isFalse();
        assertThat(may("farm", CheckType.CREATE_DURABLE_QUEUE, own)).isFalse();
        assertThat(may("HEAD", CheckType.CONSUME, Addresses.HEAD)).isTrue();
    }
}
