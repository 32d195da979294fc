package io.bignode.delivery;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * Sends one POST to a callback URL, over HTTP/1.1 and a connection of its own.
 *
 * <p>The JDK's own client finds a host's address by itself, after any check of ours, and so might be led elsewhere the second time. Here the
 * address is found once, checked, and connected to; the name still goes into the Host header, the TLS handshake and the check of the
 * certificate. Redirects are answers like others: not 2xx. No more of an answer is read than its head, and that within bounds.
 */
final class CallbackPost implements AutoCloseable {
    /** Finds the addresses of a host. */
    @FunctionalInterface
    interface Resolver {
        InetAddress[] addresses(String host) throws IOException;
    }

    private static final int MAX_HEAD = 16_384;
    private static final int MAX_BODY = 65_536;
    private static final int MAX_ADDRESSES = 4;
    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] ([0-9]{3})(?: .*)?");

    private final CallbackHosts hosts;
    private final Resolver resolver;
    private final Supplier<SSLSocketFactory> tls;
    private final Duration limit;

    /** The system's resolver may hang for long, and holds a thread meanwhile: never one that carries virtual threads. */
    private final ExecutorService lookups =
            Executors.newFixedThreadPool(4, Thread.ofPlatform().daemon().name("callback-lookup-", 0).factory());

    /**
     * Posts within these limits.
     *
     * @param limit the most one post may take in all
     */
    CallbackPost(CallbackHosts hosts, Resolver resolver, Supplier<SSLSocketFactory> tls, Duration limit) {
        this.hosts = hosts;
        this.resolver = resolver;
        this.tls = tls;
        this.limit = limit;
    }

    /**
     * Sends a document.
     *
     * @param path   what stands behind the URL's own path
     * @return the status of the answer
     * @throws IOException when there is no answer, or the host may not be called; the message may be logged
     */
    int send(CallbackUrl url, String path, byte[] json) throws IOException, InterruptedException {
        if (!hosts.allows(url.host(), url.port())) throw new IOException("the host is not on the list of those that may be called");
        long deadline = System.nanoTime() + limit.toNanos();
        IOException failure = new IOException("the host has no address");
        for (InetAddress address : callable(url, deadline)) {
            Socket socket = new Socket();
            Thread watchdog = Thread.startVirtualThread(() -> closeAt(deadline, socket));
            try (socket) {
                try {
                    socket.connect(new InetSocketAddress(address, url.port()), left(deadline));
                } catch (IOException e) {
                    failure = e;
                    continue;
                }
                return exchange(url, path, json, socket, deadline);
            } catch (IOException e) {
                if (System.nanoTime() - deadline >= 0) throw new IOException("no answer within " + limit.toSeconds() + " s", e);
                throw e;
            } finally {
                watchdog.interrupt();
            }
        }
        throw failure;
    }

    /** Ends the lookups. */
    @Override
    public void close() {
        lookups.shutdownNow();
    }

    /** The host's addresses that may be called, in the resolver's order. */
    private List<InetAddress> callable(CallbackUrl url, long deadline) throws IOException, InterruptedException {
        Future<InetAddress[]> lookup = lookups.submit(() -> resolver.addresses(url.host()));
        InetAddress[] all;
        try {
            all = lookup.get(left(deadline), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            lookup.cancel(true);
            throw new IOException("the host's address was not found within " + limit.toSeconds() + " s", e);
        } catch (ExecutionException e) {
            throw new IOException("the host's address cannot be found", e);
        }
        List<InetAddress> allowed = new ArrayList<>();
        for (InetAddress address : all) {
            boolean may = PublicAddress.is(address) || hosts.lists(address, url.port());
            if (may && !PublicAddress.isNobodys(address) && allowed.size() < MAX_ADDRESSES) allowed.add(address);
        }
        if (allowed.isEmpty() && all.length > 0) {
            throw new IOException("the host's address " + all[0].getHostAddress() + " is no public one; to call it, list the address as well");
        }
        return allowed;
    }

    private int exchange(CallbackUrl url, String path, byte[] json, Socket plain, long deadline) throws IOException {
        plain.setSoTimeout(left(deadline));
        plain.setTcpNoDelay(true);
        if (!url.secure()) return exchange(url, path, json, plain);
        try (SSLSocket socket = (SSLSocket) tls.get().createSocket(plain, url.host(), url.port(), true)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS"); // the name asked for must stand in the certificate
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            return exchange(url, path, json, socket);
        }
    }

    private static int exchange(CallbackUrl url, String path, byte[] json, Socket socket) throws IOException {
        String head = "POST " + url.target(path) + " HTTP/1.1\r\nHost: " + url.hostHeader() + "\r\nUser-Agent: bignode\r\n"
                + "Content-Type: application/json\r\nContent-Length: " + json.length + "\r\nConnection: close\r\n\r\n";
        OutputStream out = socket.getOutputStream();
        out.write(head.getBytes(StandardCharsets.US_ASCII));
        out.write(json);
        out.flush();
        InputStream in = new BufferedInputStream(socket.getInputStream());
        int status = status(in);
        drain(in);
        return status;
    }

    /** The status of the first answer that is no interim one; its head must be whole. */
    private static int status(InputStream in) throws IOException {
        int budget = MAX_HEAD;
        while (true) {
            int status = 0;
            for (String line = line(in, budget); status == 0 || !line.isEmpty(); line = line(in, budget)) {
                budget -= line.length() + 2;
                if (status != 0) continue;
                Matcher matcher = STATUS.matcher(line);
                if (!matcher.matches()) throw new IOException("the answer is no HTTP");
                status = Integer.parseInt(matcher.group(1));
            }
            if (status >= 200) return status;
        }
    }

    private static String line(InputStream in, int max) throws IOException {
        StringBuilder line = new StringBuilder();
        while (true) {
            int next = in.read();
            if (next < 0) throw new IOException("the answer ends within its head");
            if (next == '\n') break;
            if (line.length() >= max) throw new IOException("the head of the answer is longer than " + MAX_HEAD + " bytes");
            line.append((char) next);
        }
        return line.toString().strip();
    }

    /** Closing on unread bytes would send a reset, which the host may take for a failure. What is in the answer does not matter. */
    private static void drain(InputStream in) {
        byte[] bytes = new byte[4096];
        try {
            int drained = 0;
            for (int read = in.read(bytes); read >= 0 && drained < MAX_BODY; read = in.read(bytes)) drained += read;
        } catch (IOException e) {
            // the status came: that is the answer
        }
    }

    private static void closeAt(long deadline, Socket socket) {
        try {
            TimeUnit.NANOSECONDS.sleep(Math.max(0, deadline - System.nanoTime()));
            socket.close();
        } catch (InterruptedException e) {
            // done in time
        } catch (IOException e) {
            // closed already
        }
    }

    private static int left(long deadline) throws IOException {
        long left = deadline - System.nanoTime();
        if (left <= 0) throw new IOException("the attempt took too long");
        return (int) Math.max(1, TimeUnit.NANOSECONDS.toMillis(left));
    }
}
