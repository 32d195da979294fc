package io.bignode.broker;

import io.bignode.protocol.ProtocolVersion;
import java.util.Map;
import java.util.zip.CRC32C;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.TransportConfiguration;
import org.apache.activemq.artemis.api.core.client.ActiveMQClient;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.activemq.artemis.api.core.client.ClientSessionFactory;
import org.apache.activemq.artemis.api.core.client.ServerLocator;
import org.apache.activemq.artemis.api.core.client.SessionFailureListener;
import org.apache.activemq.artemis.core.remoting.impl.invm.InVMConnectorFactory;
import org.apache.activemq.artemis.core.remoting.impl.invm.TransportConstants;
import org.apache.activemq.artemis.core.remoting.impl.netty.NettyConnectorFactory;

/**
 * One connection to the broker. It is never reconnected: when it fails, its owner opens another, so that it is always known what was sent on
 * which.
 */
final class Link implements AutoCloseable {
    /** A host that is silent for so long counts as gone. */
    static final long TTL_MILLIS = 5000;

    /** How often each end sends a ping: five times before it would count as gone. */
    static final long CHECK_MILLIS = TTL_MILLIS / 5;

    /** Within one process silence does not mean that the other end is gone: both ends stand still together, and end together. */
    private static final long NEVER = -1;

    private static final long CALL_MILLIS = 10_000;

    static {
        // Before the first connection, with which the threads are made.
        ActiveMQClient.setGlobalThreadPoolProperties(
                BrokerThreads.HERE.client(), ActiveMQClient.getGlobalScheduledThreadPoolSize(), ActiveMQClient.getGlobalFlowControlThreadPoolSize());
    }

    private final BrokerAccess access;
    private final Runnable onFailure;
    private final ServerLocator locator;
    private final ClientSessionFactory factory;

    /**
     * Connects.
     *
     * @param onFailure called when the connection fails, once or more, by a thread of Artemis
     */
    Link(BrokerAccess access, Runnable onFailure) throws ActiveMQException {
        this.access = access;
        this.onFailure = onFailure;
        this.locator = locator(access.route());
        try {
            this.factory = locator.createSessionFactory();
        } catch (Exception e) {
            locator.close();
            throw failure(e);
        }
    }

    private static ServerLocator locator(BrokerAccess.Route route) throws ActiveMQException {
        ServerLocator locator = switch (route) {
            case BrokerAccess.InVm(int serverId) -> ActiveMQClient.createServerLocatorWithoutHA(
                    new TransportConfiguration(InVMConnectorFactory.class.getName(), Map.of(TransportConstants.SERVER_ID_PROP_NAME, serverId)));
            case BrokerAccess.Tls tls -> ActiveMQClient.createServerLocatorWithoutHA(tls(tls));
            case BrokerAccess.External(String url) -> external(url);
        };
        // Both are set for every route: with a TTL of its own and a longer ping period a link is closed while it is idle.
        boolean within = route instanceof BrokerAccess.InVm;
        return locator.setConnectionTTL(within ? NEVER : TTL_MILLIS)
                .setClientFailureCheckPeriod(within ? NEVER : CHECK_MILLIS)
                .setReconnectAttempts(0)
                .setInitialConnectAttempts(1)
                .setCallTimeout(CALL_MILLIS)
                .setBlockOnDurableSend(false)
                .setBlockOnNonDurableSend(false)
                .setBlockOnAcknowledge(false)
                .setProducerWindowSize(-1)
                .setMinLargeMessageSize(2 * Wire.MAX_BYTES);
    }

    private static TransportConfiguration tls(BrokerAccess.Tls tls) {
        return new TransportConfiguration(
                NettyConnectorFactory.class.getName(),
                Map.of(
                        org.apache.activemq.artemis.core.remoting.impl.netty.TransportConstants.HOST_PROP_NAME, tls.host(),
                        org.apache.activemq.artemis.core.remoting.impl.netty.TransportConstants.PORT_PROP_NAME, tls.port(),
                        org.apache.activemq.artemis.core.remoting.impl.netty.TransportConstants.SSL_ENABLED_PROP_NAME, true,
                        org.apache.activemq.artemis.core.remoting.impl.netty.TransportConstants.VERIFY_HOST_PROP_NAME, tls.verifyHost(),
                        org.apache.activemq.artemis.core.remoting.impl.netty.TransportConstants.SSL_CONTEXT_PROP_NAME, tls.tls()));
    }

    private static ServerLocator external(String url) throws ActiveMQException {
        try {
            return ActiveMQClient.createServerLocator(url);
        } catch (Exception e) {
            throw failure(e);
        }
    }

    /** A session whose sends and acknowledgements take effect together at its commit, or each at once. */
    ClientSession session(boolean transacted) throws ActiveMQException {
        ClientSession session =
                factory.createSession(access.user(), access.secret(), false, !transacted, !transacted, false, 0);
        session.addFailureListener(new SessionFailureListener() {
            @Override
            public void connectionFailed(ActiveMQException exception, boolean failedOver) {
                onFailure.run();
            }

            @Override
            public void connectionFailed(ActiveMQException exception, boolean failedOver, String scaleDownTargetNodeId) {
                onFailure.run();
            }

            @Override
            public void beforeReconnect(ActiveMQException exception) {
                // it is not reconnected
            }
        });
        return session;
    }

    /** A queue that lives as long as the session that makes it. */
    static void temporaryQueue(ClientSession session, String address, String name, RoutingType routing) throws ActiveMQException {
        session.createQueue(QueueConfiguration.of(name)
                .setAddress(address)
                .setRoutingType(routing)
                .setDurable(false)
                .setTemporary(true)
                .setAutoCreateAddress(true));
    }

    /** A message to be sent; it bears the version of the protocol and its body's checksum. */
    static ClientMessage message(ClientSession session, byte[] body, boolean durable) {
        ClientMessage message = session.createMessage(Message.BYTES_TYPE, durable);
        message.putStringProperty(Addresses.PROTOCOL, ProtocolVersion.OURS.toString());
        message.putIntProperty(Addresses.CHECKSUM, checksum(body));
        message.getBodyBuffer().writeBytes(body);
        return message;
    }

    /** A property of a message that was received; empty where it has none of this name. */
    static String text(ClientMessage message, String property) {
        return message.getObjectProperty(property) instanceof CharSequence text ? text.toString() : "";
    }

    /**
     * The bytes of a message that was received.
     *
     * @throws MalformedMessageException when there are more than may be sent, in which case none are copied; or when the checksum differs
     */
    static byte[] body(ClientMessage message) throws MalformedMessageException {
        int size = message.getBodySize();
        if (message.isLargeMessage() || size > Wire.MAX_BYTES) throw new MalformedMessageException("a message of " + size + " bytes");
        byte[] bytes = new byte[size];
        message.getBodyBuffer().readBytes(bytes);
        if (!Integer.valueOf(checksum(bytes)).equals(message.getObjectProperty(Addresses.CHECKSUM))) {
            throw new MalformedMessageException("a message of " + size + " bytes whose checksum is wrong");
        }
        return bytes;
    }

    private static int checksum(byte[] body) {
        CRC32C checksum = new CRC32C();
        checksum.update(body);
        return (int) checksum.getValue();
    }

    /** Ends the connection. What was sent before is still delivered, except on sessions that were not committed. */
    @Override
    public void close() {
        factory.close();
        locator.close();
    }

    /** Ends the connection where the other end does not answer any more: nothing is sent, and nothing is waited for. */
    void abandon() {
        factory.cleanup();
        locator.close();
    }

    private static ActiveMQException failure(Exception e) {
        if (e instanceof ActiveMQException known) return known;
        ActiveMQException failure = new ActiveMQException("cannot connect: " + e.getMessage());
        failure.initCause(e);
        return failure;
    }
}
