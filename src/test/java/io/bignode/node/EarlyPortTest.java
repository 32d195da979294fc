package io.bignode.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The port is taken before the program is loaded, or taken over from whoever started the process, and what is wrong with it is told in time. */
@Timeout(60)
class EarlyPortTest {
    private static final Path PYTHON = Path.of("/usr/bin/python3");

    @TempDir
    Path folder;

    private static Map<String, String> loopback(int port) {
        return Map.of("DELEGATION_HOST", "127.0.0.1", "DELEGATION_PORT", Integer.toString(port));
    }

    private static int port(ServerSocketChannel channel) throws IOException {
        return ((InetSocketAddress) channel.getLocalAddress()).getPort();
    }

    @Test
    void connectionsAreHeldFromTheMomentItIsTaken() throws Exception {
        EarlyPort early = EarlyPort.take(loopback(0));
        try (ServerSocketChannel taken = early.channel("ignored.invalid", 1)) {
            assertThat(taken.getOption(StandardSocketOptions.SO_REUSEADDR)).isTrue();
            List<Socket> waiting = new ArrayList<>();
            // More than the 50 of a backlog that nobody asked for; accepted by nobody yet.
            for (int i = 0; i < 200; i++) {
                Socket socket = new Socket();
                socket.connect(new InetSocketAddress("127.0.0.1", port(taken)), 5000);
                waiting.add(socket);
            }
            for (Socket socket : waiting) socket.close();
        }
    }

    @Test
    void aPortThatIsInUseIsToldWhenItIsAskedForAndNamesTheSetting() throws Exception {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            EarlyPort early = EarlyPort.take(loopback(other.getLocalPort()));

            assertThatThrownBy(() -> early.channel("127.0.0.1", other.getLocalPort()))
                    .isInstanceOfSatisfying(CommandException.class, told -> assertThat(told.exitCode()).isEqualTo(ExitCode.ENVIRONMENT))
                    .hasMessage("cannot listen on 127.0.0.1:" + other.getLocalPort()
                    + ": the port is in use; is another node running there? Choose another with DELEGATION_PORT.");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"192.0.2.7", "no-such-host.invalid"})
    void anAddressThatIsNotThisHostsNamesThatSetting(String host) {
        EarlyPort early = EarlyPort.take(Map.of("DELEGATION_HOST", host, "DELEGATION_PORT", "0"));

        assertThatThrownBy(() -> early.channel(host, 0))
                .isInstanceOfSatisfying(CommandException.class, told -> assertThat(told.exitCode()).isEqualTo(ExitCode.ENVIRONMENT))
                .hasMessageStartingWith("cannot listen on " + host + ":0: ")
                .hasMessageContaining("Set DELEGATION_HOST to")
                .hasMessageNotContaining("DELEGATION_PORT");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nine", "-1", "65536", "9090.0", "99999999999"})
    void aFaultyPortTakesNoneAndIsLeftToTheSettings(String port) {
        assertThat(EarlyPort.take(Map.of("DELEGATION_PORT", port, "DELEGATION_HOST", "127.0.0.1"))).isSameAs(EarlyPort.NONE);
    }

    @Test
    void whereNoneWasTakenTheOneOfTheSettingsIs() throws Exception {
        try (ServerSocketChannel taken = EarlyPort.NONE.channel("127.0.0.1", 0)) {
            assertThat(port(taken)).isPositive();
        }
    }

    /** A stand-in for a node: accepts on the port it was given and answers with its process id, until it is told to end. */
    static final class Child {
        private Child() {}

        public static void main(String[] args) throws IOException {
            ServerSocketChannel port = EarlyPort.take(Map.of("DELEGATION_HOST", "127.0.0.1", "DELEGATION_PORT", "0")).channel("127.0.0.1", 0);
            System.err.println("listens on " + port(port));
            while (true) {
                try (SocketChannel accepted = port.accept()) {
                    ByteBuffer read = ByteBuffer.allocate(1);
                    accepted.read(read);
                    if (read.get(0) == 'e') break;
                    accepted.write(ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)));
                }
            }
            port.close();
            System.err.println("still logs after closing");
        }
    }

    @Test
    void aSocketThatIsStandardInputOutlivesAProcessThatIsKilledAndRefusesNobody() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(PYTHON), "this machine has no python3, which hands the socket over as systemd does");
        Path script = Files.writeString(folder.resolve("hand_over.py"), """
                import os, socket, subprocess, sys
                listening = socket.socket()
                listening.bind(("127.0.0.1", 0))
                listening.listen(1024)
                port = listening.getsockname()[1]

                def start():
                    child = subprocess.Popen(sys.argv[1:], stdin=listening, stderr=subprocess.PIPE, text=True)
                    told = child.stderr.readline().strip()
                    assert told == f"listens on {port}", told
                    return child

                def ask(what=b"?"):
                    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
                    connection.sendall(what)
                    return connection

                child = start()
                assert int(ask().recv(20)) == child.pid
                for _ in range(3):
                    child.kill()
                    child.wait()
                    waiting = [ask() for _ in range(100)]  # nobody listens now, and nobody is refused
                    child = start()
                    assert all(int(each.recv(20)) == child.pid for each in waiting)
                ask(b"e")
                assert child.stderr.read().strip() == "still logs after closing"
                assert child.wait() == 0
                print("well")
                """);
        Process python = new ProcessBuilder(
                        PYTHON.toString(), script.toString(), ProcessHandle.current().info().command().orElseThrow(), "-XX:TieredStopAtLevel=1",
                        "-cp", System.getProperty("java.class.path"), Child.class.getName())
                .redirectErrorStream(true)
                .start();
        try (InputStream out = python.getInputStream()) {
            assertThat(new String(out.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("well\n");
            assertThat(python.waitFor()).isZero();
        } finally {
            python.destroyForcibly();
        }
    }

    @Test
    void closingAnInheritedPortEndsAnAcceptThatWaitsButNotTheSocket() throws Exception {
        try (ServerSocketChannel socket = ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", 0))) {
            InheritedPort inherited = new InheritedPort(socket);
            CompletableFuture<Throwable> ended = new CompletableFuture<>();
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    inherited.accept();
                } catch (IOException e) {
                    ended.complete(e);
                }
            });
            SocketAddress address = inherited.getLocalAddress();
            // Whether it waits by now or will only begin to: both end.
            inherited.close();

            assertThat(ended.get()).isInstanceOf(AsynchronousCloseException.class);
            assertThat(socket.isOpen()).isTrue();
            assertThat(socket.getLocalAddress()).isEqualTo(address);
        }
    }
}
