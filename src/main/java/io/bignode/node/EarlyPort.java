package io.bignode.node;

import io.bignode.config.Setting;
import io.bignode.http.HttpServer;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The port small nodes connect to, taken before anything else of the program is loaded: the system accepts connections from then on, and their
 * requests wait. Under systemd it is taken over from {@code bignode.socket} as standard input and was never closed.
 *
 * <p>A fault of the port is reported when the port is asked for, so that faults of the settings come first.
 */
public final class EarlyPort {
    /** No port was taken early; it is taken when it is asked for. */
    public static final EarlyPort NONE = new EarlyPort(null, null);

    private static final int FIRST_WITHOUT_PRIVILEGES = 1024;

    private final @Nullable ServerSocketChannel channel;
    private final @Nullable String fault;

    private EarlyPort(@Nullable ServerSocketChannel channel, @Nullable String fault) {
        this.channel = channel;
        this.fault = fault;
    }

    /**
     * Takes the port that the settings name, without a look at any other of them.
     *
     * @param environment the process's environment variables
     */
    public static EarlyPort take(Map<String, String> environment) {
        Optional<EarlyPort> inherited = inherited();
        if (inherited.isPresent()) return inherited.get();
        String host = text(environment, Setting.HOST);
        String port = text(environment, Setting.PORT);
        try {
            return at(host, Integer.parseInt(port));
        } catch (IllegalArgumentException e) {
            return NONE; // the settings' own check tells what is wrong with them
        }
    }

    /** The rules of {@code EnvironmentReader}, which is not loaded yet. */
    private static String text(Map<String, String> environment, Setting setting) {
        String text = environment.getOrDefault(setting.variable(), "").strip();
        return text.isEmpty() ? setting.usual() : text;
    }

    private static Optional<EarlyPort> inherited() {
        try {
            return System.inheritedChannel() instanceof ServerSocketChannel socket
                    ? Optional.of(new EarlyPort(new InheritedPort(socket), null))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.of(new EarlyPort(null, "cannot listen on the socket that is standard input: " + e.getMessage()
                    + ". Look at bignode.socket, or start without a socket there"));
        }
    }

    /** Takes this port, whatever the environment says. */
    private static EarlyPort at(String host, int port) {
        InetSocketAddress address = new InetSocketAddress(host, port);
        String place = "cannot listen on " + host + ":" + port + ": ";
        if (address.isUnresolved()) {
            return new EarlyPort(null, place + "there is no such host. Set " + Setting.HOST + " to an address of this host, or to " + Setting.HOST.usual());
        }
        ServerSocketChannel opened = null;
        try {
            opened = ServerSocketChannel.open();
            // The port can be taken again although connections of a killed node linger.
            opened.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            return new EarlyPort(opened.bind(address, HttpServer.BACKLOG), null);
        } catch (IOException e) {
            close(opened);
            return new EarlyPort(null, place + reason(address, e));
        }
    }

    private static String reason(InetSocketAddress address, IOException failure) {
        if (failure instanceof BindException && !isOfThisHost(address.getAddress())) {
            return "that is no address of this host. Set " + Setting.HOST + " to one, or to " + Setting.HOST.usual();
        }
        boolean privileged = address.getPort() < FIRST_WITHOUT_PRIVILEGES && address.getPort() != 0;
        // The system's message may be in any language. It is read only for ports that need privileges, where it hardly means anything else.
        if (privileged && String.valueOf(failure.getMessage()).contains("Permission denied")) {
            return "ports below " + FIRST_WITHOUT_PRIVILEGES + " need privileges. Choose another with " + Setting.PORT
                    + ", or give the process CAP_NET_BIND_SERVICE";
        }
        if (failure instanceof BindException) return "the port is in use; is another node running there? Choose another with " + Setting.PORT + ".";
        return failure.getMessage() + ". Choose another with " + Setting.PORT;
    }

    private static boolean isOfThisHost(InetAddress address) {
        try {
            return address.isAnyLocalAddress() || address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null;
        } catch (SocketException e) {
            return true; // not known: then the port is the likelier reason
        }
    }

    private static void close(@Nullable ServerSocketChannel channel) {
        try {
            if (channel != null) channel.close();
        } catch (IOException e) {
            // the socket was never bound
        }
    }

    /**
     * The socket to listen on.
     *
     * @param host address to listen on, if the port was not taken yet
     * @param port port to listen on, likewise
     * @throws CommandException when the port cannot be listened on; its message names the setting to change
     */
    public ServerSocketChannel channel(String host, int port) {
        if (channel != null) return channel;
        if (fault != null) throw CommandException.environment(fault);
        return at(host, port).channel(host, port);
    }
}
