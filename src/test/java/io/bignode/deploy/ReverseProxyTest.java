package io.bignode.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.bignode.fixtures.Certificates;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The files of docs/proxy, each loaded by the proxy that it is for and put in front of a server that stands for the node. Only the name, the ports and the
 * places of files are changed. A proxy that is not installed is not tried, and the test says so.
 */
class ReverseProxyTest {
    private static final String TOKEN = "a-token-that-no-log-may-hold";
    private static final int PATIENCE_SECONDS = 30;

    /** Made once, as a JVM has to start for it. */
    private static Certificates.Pair pair;

    @TempDir
    Path folder;

    private final List<String> seen = new CopyOnWriteArrayList<>();
    private final CountDownLatch firstEventRead = new CountDownLatch(1);
    private final int port = freePort();
    private HttpServer node;
    private HttpClient client;
    private Process proxy;

    /** A proxy, and how its file is changed for a test. */
    enum Proxy {
        NGINX("nginx") {
            @Override
            List<String> command(String program, Path folder, int port, int nodePort) throws IOException {
                String site = file("nginx.conf").replace("listen 443 ssl", "listen 127.0.0.1:" + port + " ssl")
                        .replace("127.0.0.1:9090", "127.0.0.1:" + nodePort)
                        .replace("/etc/nginx/tls/bignode.crt", folder + "/cert.pem").replace("/etc/nginx/tls/bignode.key", folder + "/key.pem")
                        .replace("/var/log/nginx", folder.toString());
                StringBuilder all = new StringBuilder("daemon off; pid " + folder + "/pid; error_log " + folder + "/main.log;\nevents {}\nhttp {\n");
                for (String kind : List.of("client_body", "proxy", "fastcgi", "uwsgi", "scgi")) all.append(kind + "_temp_path " + folder + "/" + kind + ";\n");
                Path whole = Files.writeString(folder.resolve("nginx.conf"), all + site + "}\n");
                return List.of(program, "-e", folder + "/main.log", "-c", whole.toString());
            }
        },
        CADDY("caddy") {
            @Override
            List<String> command(String program, Path folder, int port, int nodePort) throws IOException {
                String site = file("Caddyfile").replace("127.0.0.1:9090", "127.0.0.1:" + nodePort).replaceFirst("(?m)^\\{$", "{\n\tadmin off\n\tauto_https off")
                        .replace("node.example.org {", "https://127.0.0.1:" + port + " {\n\ttls " + folder + "/cert.pem " + folder + "/key.pem");
                Path whole = Files.writeString(folder.resolve("Caddyfile"), site);
                return List.of(program, "run", "--adapter", "caddyfile", "--config", whole.toString());
            }
        };

        private final String program;

        Proxy(String program) {
            this.program = program;
        }

        abstract List<String> command(String program, Path folder, int port, int nodePort) throws IOException;

        private static String file(String name) throws IOException {
            return Files.readString(Sandbox.project().resolve("docs/proxy").resolve(name));
        }

        /** Where it is; Debian keeps nginx out of the path of most users. */
        private Optional<String> installed() {
            Stream<String> folders = Stream.of((System.getenv().getOrDefault("PATH", "") + ":/usr/sbin").split(":"));
            return folders.map(folder -> folder + "/" + program).filter(path -> Files.isExecutable(Path.of(path))).findFirst();
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @BeforeAll
    static void makesTheCertificate() throws Exception {
        pair = Certificates.forLoopback();
    }

    @BeforeEach
    void startsTheNode() throws Exception {
        node = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        node.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        node.createContext("/", this::answer);
        node.start();
        pair.write(folder.resolve("cert.pem"), folder.resolve("key.pem"));
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("proxy", pair.certificate());
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, trust.getTrustManagers(), null);
        client = HttpClient.newBuilder().sslContext(tls).build();
    }

    @AfterEach
    void stopsBoth() throws Exception {
        node.stop(0);
        client.close();
        if (proxy == null) return;
        proxy.destroy();
        assertThat(proxy.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).as("the proxy stops").isTrue();
    }

    /** Answers as the node would: a stream writes its second event only when the client has read the first. */
    private void answer(HttpExchange exchange) throws IOException {
        seen.add(exchange.getProtocol() + " " + exchange.getRequestURI() + " " + exchange.getRequestHeaders().getFirst("Connection"));
        exchange.getRequestBody().readAllBytes();
        boolean stream = exchange.getRequestURI().getPath().equals("/stream");
        exchange.getResponseHeaders().set("Content-Type", stream ? "text/event-stream" : "application/json");
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream body = exchange.getResponseBody()) {
            body.write("data: 1\n\n".getBytes(UTF_8));
            body.flush();
            if (!stream) return;
            boolean read = firstEventRead.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
            body.write((read ? "data: 2\n\n" : "data: the first event was not read\n\n").getBytes(UTF_8));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void start(Proxy kind) throws Exception {
        Optional<String> program = kind.installed();
        assumeTrue(program.isPresent(), kind.program + " is not installed: apt-get install " + kind.program);
        List<String> command = kind.command(program.get(), folder, port, node.getAddress().getPort());
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(folder.resolve("output.log").toFile());
        builder.environment().put("HOME", folder.toString());
        proxy = builder.start();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!listens()) {
            boolean goesOn = proxy.isAlive() && System.nanoTime() < deadline;
            assertThat(goesOn).as(() -> "the proxy listens; it said: " + output()).isTrue();
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    private boolean listens() {
        try (Socket ignored = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private String output() {
        try {
            return Files.readString(folder.resolve("output.log"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    private HttpRequest.Builder to(String target) {
        return HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port + target));
    }

    @ParameterizedTest
    @EnumSource(Proxy.class)
    void aStreamArrivesEventByEvent(Proxy kind) throws Exception {
        start(kind);
        HttpResponse<InputStream> answer = client.send(to("/stream").header("Accept", "text/event-stream").build(), HttpResponse.BodyHandlers.ofInputStream());
        try (BufferedReader events = new BufferedReader(new InputStreamReader(answer.body(), UTF_8))) {
            assertThat(events.readLine()).isEqualTo("data: 1");
            firstEventRead.countDown();
            assertThat(events.readLine()).isEmpty();
            assertThat(events.readLine()).isEqualTo("data: 2");
        }
    }

    @ParameterizedTest
    @EnumSource(Proxy.class)
    void eachRequestReachesTheNodeOnceByAConnectionOfItsOwn(Proxy kind) throws Exception {
        start(kind);
        HttpRequest start = to("/start?auth_token=" + TOKEN).POST(HttpRequest.BodyPublishers.ofString("{}")).build();
        for (int i = 0; i < 3; i++) assertThat(client.send(start, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(200);
        assertThat(seen).hasSize(3).allSatisfy(request -> assertThat(request).isEqualTo("HTTP/1.1 /start?auth_token=" + TOKEN + " close"));
    }

    @ParameterizedTest
    @EnumSource(Proxy.class)
    void noLogHoldsATokenAlsoWhereTheNodeIsAway(Proxy kind) throws Exception {
        start(kind);
        HttpRequest poll = to("/batches/1?auth_token=" + TOKEN).build();
        assertThat(client.send(poll, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(200);
        node.stop(0);
        assertThat(client.send(poll, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(502);
        try (Stream<Path> logs = Files.list(folder)) {
            List<Path> written = logs.filter(file -> file.toString().endsWith(".log")).toList();
            assertThat(written).isNotEmpty();
            for (Path log : written) assertThat(Files.readString(log)).as(log.toString()).doesNotContain(TOKEN);
        }
    }
}
