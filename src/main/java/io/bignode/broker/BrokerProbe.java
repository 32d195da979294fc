package io.bignode.broker;

import java.util.Optional;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.client.ClientSession;

/** Tries to connect to a broker, and sends nothing. */
public final class BrokerProbe {
    private BrokerProbe() {}

    /** Why the connection fails; empty when it does not. The text holds neither the URL nor the secret. */
    public static Optional<String> refusal(BrokerAccess access) {
        BrokerLog.quiet();
        try (Link link = new Link(access, () -> {});
                ClientSession session = link.session(false)) {
            return session.isClosed() ? Optional.of("it ended the session at once") : Optional.empty();
        } catch (ActiveMQException refused) {
            return Optional.of(switch (refused.getType()) {
                case SECURITY_EXCEPTION -> "it does not know this user and password";
                case NOT_CONNECTED, CONNECTION_TIMEDOUT -> "it does not answer";
                default -> refused.getType().toString();
            });
        }
    }
}
