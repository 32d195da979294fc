package io.bignode.broker;

import io.bignode.protocol.WorkerGone;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.ActiveMQExceptionType;
import org.apache.activemq.artemis.core.remoting.FailureListener;
import org.apache.activemq.artemis.core.server.plugin.ActiveMQServerPlugin;
import org.apache.activemq.artemis.spi.core.protocol.RemotingConnection;

/** Notes of each connection to the embedded broker why it failed: the broker's notices of closed consumers do not say it. */
final class ConnectionEnds implements ActiveMQServerPlugin {
    /** The cause of an end is asked for soon after it; all connections of a large farm may end at the same moment. */
    private static final int MOST = 16_384;

    private final Recent<String, WorkerGone.Reason> ends = new Recent<>(MOST);

    @Override
    public void afterCreateConnection(RemotingConnection connection) {
        // Before any session's listener, which has consumers closed and noticed.
        String address = String.valueOf(connection.getRemoteAddress());
        connection.addFailureListener(new FailureListener() {
            @Override
            public void connectionFailed(ActiveMQException exception, boolean failedOver) {
                ends.put(address, reason(exception));
            }

            @Override
            public void connectionFailed(ActiveMQException exception, boolean failedOver, String scaleDownTargetNodeId) {
                connectionFailed(exception, failedOver);
            }
        });
    }

    private static WorkerGone.Reason reason(ActiveMQException exception) {
        return exception.getType() == ActiveMQExceptionType.CONNECTION_TIMEDOUT ? WorkerGone.Reason.SILENT : WorkerGone.Reason.CLOSED;
    }

    /** Why the connection of this address ended; one that did not fail was closed by the other end. */
    WorkerGone.Reason of(String address) {
        return ends.get(address).orElse(WorkerGone.Reason.CLOSED);
    }
}
