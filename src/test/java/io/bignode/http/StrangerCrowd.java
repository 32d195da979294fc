package io.bignode.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;

/**
 * Clients without a token that wear a server out: some pipeline without a pause, some say nothing, some stop in the middle of a head or a body, some never
 * read. Whom the server sends away comes back. Needs nothing but the JDK, so that the same crowd can stand before a process of its own.
 */
final class StrangerCrowd implements AutoCloseable {
    private static final String LIVE = "GET /health/live HTTP/1.1\r\nHost: n\r\n\r\n";
    private static final String DOCUMENT = "GET /openapi HTTP/1.1\r\nHost: n\r\n\r\n";
    private static final String HALF_A_HEAD = "GET /health/live HTTP/1.1\r\nHost: n\r\nX-More: ";
    private static final String HALF_A_BODY =
            "POST /api/v1/delegation/start HTTP/1.1\r\nHost: n\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{\"node_id\": 1, ";

    /** The pause before those that were sent away come back; as many at a time as {@link #BACK_AT_A_TIME}. */
    private static final int PAUSE_MILLIS = 100;

    private static final int BACK_AT_A_TIME = 40;

    /**
     * How many of each kind there are.
     *
     * @param pipelining  send health checks without a pause
     * @param silent      say nothing
     * @param halfHeads   stop in the middle of a head
     * @param halfBodies  stop in the middle of the body of a start
     * @param neverReading send requests and read no answer
     */
    record Kinds(int pipelining, int silent, int halfHeads, int halfBodies, int neverReading) {
        /** Those that keep a connection and do not work. */
        int idle() {
            return silent + halfHeads + halfBodies + neverReading;
        }
    }

    /** One of those that do not work: what it sends once, and whether it reads. */
    private record Idler(int number, String sends, boolean reads) {}

    private final InetSocketAddress server;
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean over;

    /** All of them come at once. */
    StrangerCrowd(InetSocketAddress server, Kinds kinds) throws IOException {
        this.server = server;
        for (int i = 0; i < kinds.pipelining(); i++) run("pipelining-" + i, this::pipeline);
        List<Idler> idlers = new ArrayList<>();
        for (int i = 0; i < kinds.silent(); i++) idlers.add(new Idler(idlers.size(), "", true));
        for (int i = 0; i < kinds.halfHeads(); i++) idlers.add(new Idler(idlers.size(), HALF_A_HEAD, true));
        for (int i = 0; i < kinds.halfBodies(); i++) idlers.add(new Idler(idlers.size(), HALF_A_BODY, true));
        for (int i = 0; i < kinds.neverReading(); i++) idlers.add(new Idler(idlers.size(), DOCUMENT.repeat(100), false));
        Selector selector = Selector.open();
        for (Idler idler : idlers) open(idler, selector);
        run("idle", () -> idle(selector));
    }

    /** What a thread of the crowd does. */
    private interface Doing {
        void run() throws IOException;
    }

    private void run(String name, Doing doing) {
        threads.add(Thread.ofPlatform().name("stranger-" + name).daemon().start(() -> {
            try {
                doing.run();
            } catch (IOException e) {
                if (!over) throw new UncheckedIOException(e);
            }
        }));
    }

    /** Keeps the server's side full of requests, and comes back when it is sent away. */
    private void pipeline() throws IOException {
        ByteBuffer requests = ByteBuffer.wrap(LIVE.repeat(200).getBytes(StandardCharsets.US_ASCII));
        ByteBuffer answers = ByteBuffer.allocate(1 << 18);
        while (!over) {
            try (SocketChannel channel = SocketChannel.open(server);
                    Selector selector = Selector.open()) {
                channel.configureBlocking(false);
                channel.register(selector, SelectionKey.OP_READ | SelectionKey.OP_WRITE);
                requests.rewind();
                while (!over && exchange(channel, selector, requests, answers)) {}
            } catch (IOException e) {
                // It was sent away.
            }
        }
    }

    private static boolean exchange(SocketChannel channel, Selector selector, ByteBuffer requests, ByteBuffer answers) throws IOException {
        selector.select(PAUSE_MILLIS);
        selector.selectedKeys().clear();
        channel.write(requests);
        if (!requests.hasRemaining()) requests.rewind();
        answers.clear();
        return channel.read(answers) >= 0;
    }

    private void idle(Selector selector) throws IOException {
        Queue<Idler> away = new ArrayDeque<>();
        ByteBuffer answers = ByteBuffer.allocate(1 << 14);
        while (!over) {
            selector.select(PAUSE_MILLIS);
            for (SelectionKey key : selector.selectedKeys()) {
                if (isGone((SocketChannel) key.channel(), answers)) {
                    key.channel().close();
                    away.add((Idler) key.attachment());
                }
            }
            selector.selectedKeys().clear();
            for (int i = 0; i < BACK_AT_A_TIME && !away.isEmpty(); i++) open(away.remove(), selector);
        }
        for (SelectionKey key : selector.keys()) key.channel().close();
        selector.close();
    }

    private static boolean isGone(SocketChannel channel, ByteBuffer answers) {
        try {
            answers.clear();
            return channel.read(answers) < 0;
        } catch (IOException e) {
            return true;
        }
    }

    /** From addresses of this machine's own, as a crowd comes from many. */
    private void open(Idler idler, Selector selector) throws IOException {
        SocketChannel channel = SocketChannel.open();
        if (!idler.reads()) channel.setOption(StandardSocketOptions.SO_RCVBUF, 4096);
        channel.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) (2 + idler.number() % 8)}), 0));
        channel.connect(server);
        channel.configureBlocking(false);
        channel.write(ByteBuffer.wrap(idler.sends().getBytes(StandardCharsets.US_ASCII)));
        channel.register(selector, idler.reads() ? SelectionKey.OP_READ : 0, idler);
    }

    /** All of them leave. */
    @Override
    public void close() throws InterruptedException {
        over = true;
        for (Thread thread : threads) thread.join();
    }
}
