package io.bignode.faults;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Forwards connections to a port of this host, until it cuts them or lets them hang. */
public final class CuttingProxy implements AutoCloseable {
    private volatile int target;
    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    /** Whose bytes go nowhere, and whose ends nobody learns of. */
    private final Set<Socket> hanging = ConcurrentHashMap.newKeySet();

    public CuttingProxy(int target) throws IOException {
        this.target = target;
        Thread.ofVirtual().start(this::accept);
    }

    public int port() {
        return server.getLocalPort();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = server.accept();
                Socket head = new Socket();
                open.add(client);
                open.add(head);
                try {
                    head.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
                } catch (IOException e) {
                    client.close(); // the head is down at the moment
                    continue;
                }
                Thread.ofVirtual().start(() -> copy(client, head));
                Thread.ofVirtual().start(() -> copy(head, client));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void copy(Socket from, Socket to) {
        byte[] bytes = new byte[8192];
        try {
            for (int count = from.getInputStream().read(bytes); count >= 0; count = from.getInputStream().read(bytes)) {
                if (!hanging.contains(from)) to.getOutputStream().write(bytes, 0, count);
            }
        } catch (IOException e) {
            // cut
        }
        if (hanging.contains(from)) return;
        try (from; to) {
            from.shutdownInput();
        } catch (IOException e) {
            // closed already
        }
    }

    /** Lets all connections hang, as a network does that was cut without a word; new ones may be made. */
    public void hang() {
        hanging.addAll(open);
    }

    /** Forwards new connections to another port, and cuts those there are. */
    public void lead(int port) throws IOException {
        target = port;
        cut();
    }

    /** Cuts all connections; new ones may be made. */
    public void cut() throws IOException {
        for (Socket socket : open) socket.close();
        open.clear();
    }

    @Override
    public void close() throws IOException {
        server.close();
        cut();
    }
}
