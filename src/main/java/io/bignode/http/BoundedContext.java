package io.bignode.http;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.ServerConnectionException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.concurrent.ExecutorService;

/**
 * A connection whose reader holds no more than a body's worth of bytes. Helidon bounds the request line, the headers and each chunk, but
 * looks for the end of the line that gives a chunk's size however long that is.
 */
final class BoundedContext implements ConnectionContext {
    private static final int MOST_UNREAD = RequestBody.LIMIT + (1 << 16);

    private final ConnectionContext connection;
    private final DataReader reader;
    private int lastStatus;

    /** A connection nothing was read from yet. */
    BoundedContext(ConnectionContext connection) {
        this.connection = connection;
        this.reader = DataReader.create(this::receive);
    }

    /** Notes the status of the answer that is being sent. */
    void answered(int status) {
        lastStatus = status;
    }

    /** Whether the last answer was a refusal. */
    boolean refused() {
        return lastStatus >= 400;
    }

    private byte[] receive() {
        if (reader.available() > MOST_UNREAD) throw new CloseConnectionException("too much was sent at once");
        try {
            return serverSocket().get();
        } catch (UncheckedIOException e) {
            throw new ServerConnectionException("the client is gone", e);
        }
    }

    @Override
    public DataReader dataReader() {
        return reader;
    }

    @Override
    public DataWriter dataWriter() {
        return connection.dataWriter();
    }

    @Override
    public HelidonSocket serverSocket() {
        return connection.serverSocket();
    }

    @Override
    public ListenerContext listenerContext() {
        return connection.listenerContext();
    }

    @Override
    public ExecutorService executor() {
        return connection.executor();
    }

    @Override
    public Router router() {
        return connection.router();
    }

    @Override
    public Optional<ProxyProtocolData> proxyProtocolData() {
        return connection.proxyProtocolData();
    }

    @Override
    public PeerInfo remotePeer() {
        return connection.remotePeer();
    }

    @Override
    public PeerInfo localPeer() {
        return connection.localPeer();
    }

    @Override
    public boolean isSecure() {
        return connection.isSecure();
    }

    @Override
    public String socketId() {
        return connection.socketId();
    }

    @Override
    public String childSocketId() {
        return connection.childSocketId();
    }
}
