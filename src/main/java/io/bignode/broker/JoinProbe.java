package io.bignode.broker;

import io.bignode.protocol.Lease;
import io.bignode.protocol.ProtocolVersion;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.ActiveMQExceptionType;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientSession;

/** Finds out what keeps a worker from a head: the way to it, what listens there, its certificate, the join token, the version, the name. */
public final class JoinProbe {
    private static final Duration ANSWER = Duration.ofSeconds(5);

    private JoinProbe() {}

    /** What a head answers when it is asked whether it would take a worker in. */
    public sealed interface Answer {
        /**
         * It would accept the worker.
         *
         * @param program the version of its program; empty where it does not know it
         */
        record Welcome(String program) implements Answer {}

        /** It would not, as another worker has the name. */
        record NameTaken(String reason) implements Answer {}

        /** Head and worker cannot talk to each other. */
        record OtherProtocol(String reason) implements Answer {}

        /** The head does not answer. */
        record Silence(String reason) implements Answer {}
    }

    /** What keeps a worker from reaching the port and from trusting what it shows there; empty when nothing does. */
    public static Optional<JoinFailure> reach(BrokerAccess.Tls route) {
        String where = route.host() + ":" + route.port();
        try (Socket plain = new Socket()) {
            InetSocketAddress address = new InetSocketAddress(route.host(), route.port());
            if (address.isUnresolved()) return away("the name " + route.host() + " cannot be resolved: is it spelled right, and does this host's DNS know it?");
            plain.connect(address, (int) ANSWER.toMillis());
            return handshake(route, plain);
        } catch (SocketTimeoutException e) {
            return away(where + " does not answer within " + ANSWER.toSeconds() + " s: does a firewall stand between, and is the head's host up?");
        } catch (ConnectException e) {
            return away("nothing listens on " + where + " (" + e.getMessage() + "): does the head run, and is this its DELEGATION_WORKER_PORT?");
        } catch (IOException e) {
            return away(where + " cannot be reached (" + e.getMessage() + ")");
        }
    }

    private static Optional<JoinFailure> handshake(BrokerAccess.Tls route, Socket plain) throws IOException {
        String where = route.host() + ":" + route.port();
        plain.setSoTimeout((int) ANSWER.toMillis());
        try (SSLSocket tls = (SSLSocket) route.tls().getSocketFactory().createSocket(plain, route.host(), route.port(), true)) {
            SSLParameters parameters = tls.getSSLParameters();
            if (route.verifyHost()) parameters.setEndpointIdentificationAlgorithm("HTTPS");
            tls.setSSLParameters(parameters);
            tls.startHandshake();
            return Optional.empty();
        } catch (SSLException e) {
            return Optional.of(JoinFailure.refused(certificate(e, route.verifyHost()).orElseGet(() -> otherProgram(where))));
        } catch (SocketTimeoutException e) {
            return Optional.of(JoinFailure.refused(otherProgram(where)));
        } catch (IOException e) {
            return away(where + " closes the connection at once (" + e.getMessage() + "): does the head just start or stop?");
        }
    }

    private static String otherProgram(String where) {
        return "what listens on " + where + " does not speak TLS as a head's port for workers does: give the head's DELEGATION_WORKER_PORT, not its"
                + " DELEGATION_PORT";
    }

    /** What is wrong with the certificate that was shown; empty where the failure was another. */
    private static Optional<String> certificate(Throwable failure, boolean bySystem) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (!(cause instanceof CertificateException)) continue;
            if (!bySystem) return Optional.of(String.valueOf(cause.getMessage()));
            return Optional.of("the head's certificate is not trusted by this system (" + cause.getMessage()
                    + "): give its fingerprint with --fingerprint or DELEGATION_JOIN_FINGERPRINT, as the head prints it when it starts");
        }
        return Optional.empty();
    }

    /** What keeps a worker from logging in where the port was reached; empty when nothing does. */
    public static Optional<JoinFailure> login(BrokerAccess access) {
        try (Link link = new Link(access, () -> {});
                ClientSession session = link.session(false)) {
            return session.isClosed() ? away("the head ended the session at once") : Optional.empty();
        } catch (ActiveMQException refused) {
            return Optional.of(failure(refused, access));
        }
    }

    /** Why a link could not be opened. */
    static JoinFailure failure(Exception thrown, BrokerAccess access) {
        if (thrown instanceof ActiveMQException known && known.getType() == ActiveMQExceptionType.SECURITY_EXCEPTION) return refusal(known, access);
        String message = thrown.getMessage() == null || thrown.getMessage().isBlank() ? thrown.getClass().getSimpleName() : thrown.getMessage();
        return switch (access.route()) {
            case BrokerAccess.Tls tls -> reach(tls).orElseGet(() -> JoinFailure.away(tls.host() + ":" + tls.port()
                    + " is reached and does not answer as a head does (" + message + "): does the head just start or stop, or is it another program?"));
            case BrokerAccess.External _ -> JoinFailure.away("the broker at DELEGATION_BROKER_URL cannot be reached (" + message + ")");
            case BrokerAccess.InVm _ -> JoinFailure.away(message);
        };
    }

    private static JoinFailure refusal(ActiveMQException refused, BrokerAccess access) {
        if (!(access.route() instanceof BrokerAccess.Tls)) {
            return JoinFailure.refused("the broker refuses this user (" + refused.getMessage()
                    + "): look at DELEGATION_BROKER_USER and DELEGATION_BROKER_PASSWORD, and at the rights of that user");
        }
        BrokerAccess stranger = new BrokerAccess(access.route(), "probe-" + Addresses.digits(), access.secret());
        return JoinFailure.refused(BrokerProbe.refusal(stranger).isEmpty()
                ? "the head keeps worker " + access.user() + " in quarantine until an operator lets it in again, on the head's host: bignode admit "
                + access.user()
                : "the head refuses this join token: set DELEGATION_JOIN_TOKEN to what stands in the file join-token of the head's data folder");
    }

    private static Optional<JoinFailure> away(String reason) {
        return Optional.of(JoinFailure.away(reason));
    }

    /** Asks the head whether it would take this worker in; nobody joins by asking. */
    public static Answer ask(String worker, BrokerAccess access) {
        Asked asked = new Asked();
        try (WorkerLink link = new WorkerLink(worker, access, List.of(), Addresses.digits(), asked)) {
            link.start();
            link.say(LinkWord.INQUIRY);
            return asked.answer.get(ANSWER.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            return new Answer.Silence("no head answers within " + ANSWER.toSeconds() + " s: is another broker there, or does the head just start?");
        } catch (ActiveMQException e) {
            return new Answer.Silence(failure(e, access).reason());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Answer.Silence("the question was interrupted");
        }
    }

    /** Waits for the answer to an inquiry. */
    private static final class Asked implements WorkerLink.Listener {
        private final CompletableFuture<Answer> answer = new CompletableFuture<>();

        @Override
        public void arrived(WorkerLink link, String device, Lease lease, ClientMessage message) {
            // no lease was requested
        }

        @Override
        public void received(WorkerLink link, HeadMessage message) {
            switch (message) {
                case HeadMessage.Welcome(String program) -> answer.complete(new Answer.Welcome(ProtocolVersion.program(program)));
                case HeadMessage.Refused(String reason) -> answer.complete(new Answer.NameTaken(reason));
                case HeadMessage.Cancel _, HeadMessage.Introduce _, HeadMessage.Quarantined _, HeadMessage.Farewell _ -> {}
            }
        }

        @Override
        public void foreign(WorkerLink link, String reason) {
            answer.complete(new Answer.OtherProtocol(reason));
        }
    }
}
