package io.bignode.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bignode.fixtures.Certificates;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class CallbackPostTest {
    private static final byte[] BODY = "{\"nonces\":[1]}".getBytes(StandardCharsets.UTF_8);
    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

    private final List<String> resolved = Collections.synchronizedList(new ArrayList<>());

    private CallbackPost.Resolver at(InetAddress... addresses) {
        return host -> {
            resolved.add(host);
            return addresses;
        };
    }

    private int send(CallbackHosts hosts, CallbackPost.Resolver resolver, String url, Duration limit) throws Exception {
        return send(hosts, resolver, (SSLSocketFactory) SSLSocketFactory.getDefault(), url, limit);
    }

    private int send(CallbackHosts hosts, CallbackPost.Resolver resolver, SSLSocketFactory tls, String url, Duration limit) throws Exception {
        try (CallbackPost post = new CallbackPost(hosts, resolver, () -> tls, limit)) {
            return post.send(new CallbackUrl(URI.create(url)), "/generated", BODY);
        }
    }

    private int send(String url) throws Exception {
        return send(Hosts.example(), at(LOOPBACK), url, Duration.ofSeconds(20));
    }

    @Test
    void theDocumentArrivesWithTheHostsNameAndNothingElseIsAsked() throws Exception {
        try (Receiver receiver = Receiver.open(Receiver.statuses(204))) {
            assertThat(send("http://Callback.example:" + receiver.port() + "/a?k=v")).isEqualTo(204);
            Receiver.Request request = receiver.next();
            assertThat(request.head())
                    .startsWith("POST /a/generated?k=v HTTP/1.1\r\n")
                    .contains("Host: Callback.example:" + receiver.port() + "\r\n", "Content-Type: application/json\r\n");
            assertThat(request.body()).isEqualTo("{\"nonces\":[1]}");
            assertThat(resolved).containsExactly("callback.example");
        }
    }

    @Test
    void aHostThatIsNotListedIsNotEvenLookedUp() {
        assertThatThrownBy(() -> send("http://other.example/")).isInstanceOf(IOException.class).hasMessageContaining("not on the list");
        assertThat(resolved).isEmpty();
    }

    @Test
    void aListedNameMayNotLeadToAPrivateAddressThatIsNot() throws Exception {
        try (Receiver receiver = Receiver.open(Receiver.statuses(200))) {
            Hosts nameAlone = new Hosts(Set.of("callback.example"), Set.of());
            String url = "http://callback.example:" + receiver.port() + "/";
            assertThatThrownBy(() -> send(nameAlone, at(LOOPBACK), url, Duration.ofSeconds(20)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("127.0.0.1 is no public one");
            assertThat(receiver.waiting()).isZero();
            // One that is public, or listed, among others is used, and the others are not.
            assertThat(send(Hosts.example(), at(InetAddress.ofLiteral("10.0.0.1"), LOOPBACK), url, Duration.ofSeconds(20))).isEqualTo(200);
        }
    }

    @Test
    void theAddressThatWasCheckedIsTheOneThatIsCalled() throws Exception {
        try (Receiver receiver = Receiver.open(Receiver.statuses(200))) {
            // The name leads elsewhere from the second time on: it is never asked a second time.
            InetAddress[] changing = {LOOPBACK};
            CallbackPost.Resolver rebinding = host -> {
                resolved.add(host);
                InetAddress now = changing[0];
                changing[0] = InetAddress.ofLiteral("169.254.169.254");
                return new InetAddress[] {now};
            };
            assertThat(send(Hosts.example(), rebinding, "http://callback.example:" + receiver.port(), Duration.ofSeconds(20))).isEqualTo(200);
            assertThat(resolved).hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 303, 307, 308})
    void redirectsAreNotFollowed(int status) throws Exception {
        try (Receiver other = Receiver.open(Receiver.statuses(200));
                Receiver receiver = Receiver.open((_, socket) -> Receiver.write(
                        socket, "HTTP/1.1 " + status + " x\r\nLocation: http://127.0.0.1:" + other.port() + "/\r\nContent-Length: 0\r\n\r\n"))) {
            assertThat(send("http://callback.example:" + receiver.port())).isEqualTo(status);
            assertThat(other.waiting()).isZero();
        }
    }

    @Test
    void anInterimAnswerIsNotTheAnswer() throws Exception {
        try (Receiver receiver = Receiver.open((_, socket) -> Receiver.write(socket, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 503\r\n\r\n"))) {
            assertThat(send("http://callback.example:" + receiver.port())).isEqualTo(503);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/2 200\r\n\r\n",
            "HTTP/1.1 2000 OK\r\n\r\n"})
    void anAnswerThatIsCutShortOrNoHttpAcknowledgesNothing(String answer) throws Exception {
        try (Receiver receiver = Receiver.open((_, socket) -> Receiver.write(socket, answer))) {
            assertThatThrownBy(() -> send("http://callback.example:" + receiver.port())).isInstanceOf(IOException.class);
        }
    }

    @Test
    void anAnswerWithoutEndIsReadWithinBounds() throws Exception {
        try (Receiver receiver = Receiver.open((_, socket) -> {
                    Receiver.write(socket, "HTTP/1.1 200 OK\r\n");
                    while (true) Receiver.write(socket, "X: " + "y".repeat(1000) + "\r\n");
                });
                Receiver longBody = Receiver.open((_, socket) -> {
                    Receiver.write(socket, "HTTP/1.1 200 OK\r\n\r\n");
                    while (true) Receiver.write(socket, "y".repeat(1000));
                })) {
            assertThatThrownBy(() -> send("http://callback.example:" + receiver.port())).hasMessageContaining("longer than");
            assertThat(send("http://callback.example:" + longBody.port())).isEqualTo(200);
        }
    }

    @Test
    void anAttemptEndsInTimeHoweverSlowlyTheHostAnswers() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        try (Receiver dripping = Receiver.open((_, socket) -> {
                    Receiver.write(socket, "HTTP/1.1 200 OK\r\n");
                    try {
                        while (!over.await(20, TimeUnit.MILLISECONDS)) Receiver.write(socket, "X");
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                })) {
            assertThatThrownBy(() -> send(Hosts.example(), at(LOOPBACK), "http://callback.example:" + dripping.port(), Duration.ofMillis(400)))
                    .isInstanceOf(IOException.class);
        } finally {
            over.countDown();
        }
    }

    @Test
    void aNameServerThatHangsOrDoesNotKnowEndsTheAttempt() {
        CountDownLatch never = new CountDownLatch(1);
        CallbackPost.Resolver hanging = _ -> {
            try {
                never.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return new InetAddress[0];
        };
        assertThatThrownBy(() -> send(Hosts.example(), hanging, "http://callback.example", Duration.ofMillis(200))).hasMessageContaining("not found within");
        CallbackPost.Resolver unknown = host -> {
            throw new UnknownHostException(host);
        };
        assertThatThrownBy(() -> send(Hosts.example(), unknown, "http://callback.example", Duration.ofSeconds(5))).hasMessageContaining("cannot be found");
        assertThatThrownBy(() -> send(Hosts.example(), at(), "http://callback.example", Duration.ofSeconds(5))).hasMessageContaining("no address");
    }

    @Test
    void overTlsTheNameIsSentAndMustStandInTheCertificate() throws Exception {
        Certificates.Pair right = Certificates.make("EC", "callback.example", 1, 30);
        List<String> names = Collections.synchronizedList(new ArrayList<>());
        try (Receiver receiver = Receiver.open(secure(right), (_, socket) -> {
                    ((ExtendedSSLSession) ((SSLSocket) socket).getSession())
                            .getRequestedServerNames()
                            .forEach(name -> names.add(((SNIHostName) name).getAsciiName()));
                    Receiver.write(socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                })) {
            String url = "https://callback.example:" + receiver.port();
            assertThat(send(Hosts.example(), at(LOOPBACK), trusting(right), url, Duration.ofSeconds(20))).isEqualTo(200);
            assertThat(names).containsExactly("callback.example");
            assertThat(receiver.next().body()).isEqualTo("{\"nonces\":[1]}");
            assertThatThrownBy(() -> send(url)).as("nobody vouches for it").isInstanceOf(SSLException.class);
        }
        Certificates.Pair other = Certificates.make("EC", "other.example", 1, 30);
        try (Receiver receiver = Receiver.open(secure(other), Receiver.statuses(200))) {
            String url = "https://callback.example:" + receiver.port();
            assertThatThrownBy(() -> send(Hosts.example(), at(LOOPBACK), trusting(other), url, Duration.ofSeconds(20))).isInstanceOf(SSLException.class);
            assertThat(receiver.waiting()).isZero();
        }
    }

    private static SSLServerSocket secure(Certificates.Pair pair) throws Exception {
        return (SSLServerSocket) pair.server().getServerSocketFactory().createServerSocket(0, 50, LOOPBACK);
    }

    private static SSLSocketFactory trusting(Certificates.Pair pair) throws Exception {
        return pair.client().getSocketFactory();
    }
}
