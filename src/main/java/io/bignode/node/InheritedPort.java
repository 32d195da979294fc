package io.bignode.node;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Set;

/**
 * A listening socket that this process was given as its standard input and that outlives it. Closing this ends the accepting alone: the JDK's own
 * channel would then also turn standard output and standard error, the log, to nowhere. The socket itself is let go of by the process' end.
 */
final class InheritedPort extends ServerSocketChannel {
    private final ServerSocketChannel inherited;
    private final Selector arrivals;

    /**
     * Listens on this socket.
     *
     * @param inherited bound and listening already
     */
    InheritedPort(ServerSocketChannel inherited) throws IOException {
        super(inherited.provider());
        this.inherited = inherited;
        this.arrivals = inherited.provider().openSelector();
        inherited.configureBlocking(false);
        inherited.register(arrivals, SelectionKey.OP_ACCEPT);
    }

    /** Waits for a connection, unless this was {@linkplain #configureBlocking configured} not to; then null means that there is none. */
    @Override
    public SocketChannel accept() throws IOException {
        while (isOpen()) {
            SocketChannel accepted = inherited.accept();
            if (accepted != null || !isBlocking()) return accepted;
            arrivals.select();
            arrivals.selectedKeys().clear();
            if (Thread.currentThread().isInterrupted()) {
                close();
                throw new ClosedByInterruptException();
            }
        }
        throw new AsynchronousCloseException();
    }

    @Override
    protected void implCloseSelectableChannel() {
        arrivals.wakeup();
    }

    @Override
    protected void implConfigureBlocking(boolean block) {
        // accept() asks isBlocking() each time; the socket itself never blocks
    }

    @Override
    public ServerSocketChannel bind(SocketAddress local, int backlog) {
        throw new AlreadyBoundException();
    }

    @Override
    public <T> ServerSocketChannel setOption(SocketOption<T> name, T value) throws IOException {
        inherited.setOption(name, value);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        return inherited.getOption(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return inherited.supportedOptions();
    }

    @Override
    public ServerSocket socket() {
        return inherited.socket();
    }

    @Override
    public SocketAddress getLocalAddress() throws IOException {
        return inherited.getLocalAddress();
    }
}
