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
    public static final EarlyPort NONE = new EarlyPort(null, null, Setting.PORT);

    /** The same of an ML node's port. */
    public static final EarlyPort NO_MLNODES = new EarlyPort(null, null, Setting.MLNODE_PORT);

    private static final int FIRST_WITHOUT_PRIVILEGES = 1024;

    private final @Nullable ServerSocketChannel channel;
    private final @Nullable String fault;
    private final Setting setting;

    private EarlyPort(@Nullable ServerSocketChannel channel, @Nullable String fault, Setting setting) {
        this.channel = channel;
        this.fault = fault;
        this.setting = setting;
    }

    /**
     * Takes the port that the settings name, without a look at any other of them.
     *
     * @param environment the process's environment variables
     */
    public static EarlyPort take(Map<String, String> environment) {
        return inherited().orElseGet(() -> take(environment, NONE, text(environment, Setting.PORT).orElseGet(Setting.PORT::usual)));
    }

    /** Takes the ML node's own port, where the settings name one, likewise; it is never handed over. */
    public static EarlyPort takeMlNodes(Map<String, String> environment) {
        boolean on = text(environment, Setting.MLNODE).filter(flag -> flag.equals("on") || flag.equals("true")).isPresent();
        Optional<String> port = text(environment, Setting.MLNODE_PORT).filter(_ -> on);
        return port.map(named -> take(environment, NO_MLNODES, named)).orElse(NO_MLNODES);
    }

    private static EarlyPort take(Map<String, String> environment, EarlyPort none, String port) {
        try {
            return at(text(environment, Setting.HOST).orElseGet(Setting.HOST::usual), Integer.parseInt(port), none.setting);
        } catch (IllegalArgumentException e) {
            return none; // the settings' own check tells what is wrong with them
        }
    }

    /** The rules of {@code EnvironmentReader}, which is not loaded yet. */
    private static Optional<String> text(Map<String, String> environment, Setting setting) {
        return Optional.of(environment.getOrDefault(setting.variable(), "").strip()).filter(text -> !text.isEmpty());
    }

    private static Optional<EarlyPort> inherited() {
        try {
            return System.inheritedChannel() instanceof ServerSocketChannel socket
                    ? Optional.of(new EarlyPort(new InheritedPort(socket), null, Setting.PORT))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.of(new EarlyPort(null, "cannot listen on the socket that is standard input: " + e.getMessage()
                    + ". Look at bignode.socket, or start without a socket there", Setting.PORT));
        }
    }

    /**
     * Takes a port now.
     *
     * @param setting the one that names the port
     * @throws CommandException when it cannot be listened on; its message names the setting to change
     */
    public static ServerSocketChannel listen(String host, int port, Setting setting) {
        return at(host, port, setting).channel(host, port);
    }

    private static Setting hostSetting(Setting setting) {
        return setting == Setting.AGENT_PORT || setting == Setting.AGENT_INFERENCE_PORT ? Setting.AGENT_HOST : Setting.HOST;
    }

    /** Takes this port, whatever the environment says. */
    private static EarlyPort at(String host, int port, Setting setting) {
        InetSocketAddress address = new InetSocketAddress(host, port);
        String place = "cannot listen on " + host + ":" + port + ": ";
        if (address.isUnresolved()) {
            Setting named = hostSetting(setting);
            String fix = "there is no such host. Set " + named + " to an address of this host, or to " + named.usual();
            return new EarlyPort(null, place + fix, setting);
        }
        ServerSocketChannel opened = null;
        try {
            opened = ServerSocketChannel.open();
            // The port can be taken again although connections of a killed node linger.
            opened.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            return new EarlyPort(opened.bind(address, HttpServer.BACKLOG), null, setting);
        } catch (IOException e) {
            close(opened);
            return new EarlyPort(null, place + reason(address, e, setting), setting);
        }
    }

    private static String reason(InetSocketAddress address, IOException failure, Setting setting) {
        if (failure instanceof BindException && !isOfThisHost(address.getAddress())) {
            return "that is no address of this host. Set " + hostSetting(setting) + " to one, or to " + hostSetting(setting).usual();
        }
        boolean privileged = address.getPort() < FIRST_WITHOUT_PRIVILEGES && address.getPort() != 0;
        // The system's message may be in any language. It is read only for ports that need privileges, where it hardly means anything else.
        if (privileged && String.valueOf(failure.getMessage()).contains("Permission denied")) {
            return "ports below " + FIRST_WITHOUT_PRIVILEGES + " need privileges. Choose another with " + setting
                    + ", or give the process CAP_NET_BIND_SERVICE";
        }
        if (failure instanceof BindException) return "the port is in use; is another node running there? Choose another with " + setting + ".";
        return failure.getMessage() + ". Choose another with " + setting;
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
        return at(host, port, setting).channel(host, port);
    }
}
