package io.bignode.http;

import io.bignode.http.Tenants.Tenant;
import io.helidon.common.socket.SocketWriterException;
import io.helidon.http.BadRequestException;
import io.helidon.http.HeaderNames;
import io.helidon.http.RequestException;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where every request comes in: finds its route, asks for its token, has it answered, and turns whatever goes wrong into a problem. */
final class Edge {
    private static final System.Logger LOG = System.getLogger(Edge.class.getName());
    private static final Pattern BEARER = Pattern.compile("Bearer +(\\S+) *", Pattern.CASE_INSENSITIVE);

    private final Routes routes;
    private final Tenants tenants;
    private final Tenants operators;
    private final WrongTokens wrongTokens;
    private final Metering metering;

    /** What a request turned out to be. Used by one thread. */
    private static final class Seen {
        String method = "other";
        String route = "other";
    }

    Edge(Routes routes, Tenants tenants, Tenants operators, WrongTokens wrongTokens, Metering metering) {
        this.routes = routes;
        this.tenants = tenants;
        this.operators = operators;
        this.wrongTokens = wrongTokens;
        this.metering = metering;
    }

    /** Answers a request whole; the chain is never followed, as there is nothing behind this. */
    void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        long begun = System.nanoTime();
        Seen seen = new Seen();
        boolean answered = false;
        try {
            answer(request, response, seen);
            answered = true;
        } finally {
            String status = answered ? Integer.toString(response.status().code()) : "none";
            metering.answered(seen.method, seen.route, status, System.nanoTime() - begun);
        }
    }

    private void answer(RoutingRequest request, RoutingResponse response, Seen seen) {
        HelidonReply reply = new HelidonReply(request, response);
        try {
            serve(request, reply, seen);
        } catch (ProblemException e) {
            reply.last(e.problem());
        } catch (CloseConnectionException | BadRequestException | RequestException e) {
            throw e; // the connection's own affairs: Helidon ends it, or its direct handler answers
        } catch (BodyStream.Malformed e) {
            reply.last(Problem.malformed(String.valueOf(e.getMessage())));
        } catch (IOException | UncheckedIOException | SocketWriterException e) {
            throw new CloseConnectionException("the client is gone", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CloseConnectionException("the server stops", e);
        } catch (Exception | Error e) {
            // The edge: whatever this is, it must end this request only, and nothing of it may reach the client.
            LOG.log(System.Logger.Level.ERROR, "a request failed", e);
            reply.last(Problem.internal());
        }
    }

    private void serve(ServerRequest request, Reply reply, Seen seen) throws ProblemException, IOException, InterruptedException {
        String method = request.prologue().method().text();
        String path = request.prologue().uriPath().rawPath();
        Query query = new Query(request.prologue().query().rawValue());
        switch (routes.find(method, path)) {
            case Routes.Found.Here(Route route, String parameter) -> {
                seen.method = route.method();
                seen.route = route.template();
                Call call = new Call(
                        parameter,
                        query,
                        name -> String.join(",", request.headers().values(HeaderNames.create(name))),
                        () -> new BodyStream(request.content().inputStream()));
                if (route.credential() != Route.Credential.NONE)
                    call.tenant(tenant(request, route.credential(), call));
                route.resource().serve(call, reply);
            }
            case Routes.Found.OtherMethod(String allowed, boolean isPublic) -> {
                if (!isPublic) requireBearer(request);
                throw new ProblemException(Problem.methodNotAllowed(allowed));
            }
            case Routes.Found.Nowhere _ -> {
                if (!path.startsWith("/health/")) requireBearer(request);
                throw new ProblemException(Problem.notFound("there is no such path; GET /openapi lists them"));
            }
        }
    }

    private void requireBearer(ServerRequest request) throws ProblemException {
        known(bearer(request.headers()), tenants, request);
    }

    private Tenant tenant(ServerRequest request, Route.Credential credential, Call call) throws ProblemException, IOException {
        Optional<String> shown = bearer(request.headers());
        if (shown.isEmpty()) {
            shown = switch (credential) {
                case NONE, BEARER, OPERATOR, VIEWER -> Optional.empty();
                case BEARER_OR_QUERY -> call.queryToken();
                case BEARER_OR_BODY -> call.bodyToken();
            };
        }
        call.operator(shown.flatMap(operators::of).isPresent());
        return known(shown, whose(credential), request);
    }

    private Tenants whose(Route.Credential credential) {
        return switch (credential) {
            case NONE, BEARER, BEARER_OR_QUERY, BEARER_OR_BODY -> tenants;
            case OPERATOR -> operators;
            // Both are asked, so that the time taken tells nothing.
            case VIEWER -> token -> {
                Optional<Tenant> operator = operators.of(token);
                Optional<Tenant> tenant = tenants.of(token);
                return operator.or(() -> tenant);
            };
        };
    }

    /** Whose token it is. From an address with too many wrong ones only those are looked at that were right, so that the answer tells a guesser nothing. */
    private Tenant known(Optional<String> shown, Tenants whose, ServerRequest request) throws ProblemException {
        if (shown.isEmpty()) throw new ProblemException(Problem.unauthorized());
        InetAddress from = request.remotePeer().address() instanceof InetSocketAddress socket ? socket.getAddress() : null;
        Optional<Duration> shut = from == null ? Optional.empty() : wrongTokens.shutFor(from, shown.get());
        if (shut.isPresent()) throw new ProblemException(Problem.full("too many wrong tokens came from your address", shut.get()));
        Optional<Tenant> tenant = whose.of(shown.get());
        if (tenant.isPresent()) {
            if (from != null) wrongTokens.right(from, shown.get());
            return tenant.get();
        }
        if (from != null) wrongTokens.wrong(from);
        throw new ProblemException(Problem.unauthorized());
    }

    private static Optional<String> bearer(ServerRequestHeaders headers) {
        List<String> values = headers.values(HeaderNames.AUTHORIZATION);
        if (values.size() != 1) return Optional.empty();
        Matcher matcher = BEARER.matcher(values.getFirst());
        return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    /** Writes through Helidon. */
    private record HelidonReply(ServerRequest request, RoutingResponse response) implements Reply {

        @Override
        public void send(Answer answer) throws IOException {
            try {
                response.status(answer.status());
                response.header(HeaderNames.CONTENT_TYPE, answer.contentType());
                response.header(HeaderNames.CACHE_CONTROL, "no-store");
                answer.headers().forEach((name, value) -> response.header(HeaderNames.create(name), value));
                if (request.prologue().method().text().equals("HEAD")) {
                    response.send();
                } else {
                    response.send(answer.body());
                }
            } catch (ServerConnectionException | SocketWriterException | UncheckedIOException e) {
                throw new IOException("the client is gone", e);
            }
        }

        @Override
        public EventStream events() {
            response.status(Status.OK_200);
            response.header(HeaderNames.CONTENT_TYPE, "text/event-stream");
            response.header(HeaderNames.CACHE_CONTROL, "no-store");
            // Proxies that gather answers before they pass them on are told not to.
            response.header(HeaderNames.CONNECTION, "close");
            response.header(HeaderNames.create("X-Accel-Buffering"), "no");
            Connections.Progress progress = Connections.progress();
            OutputStream out = response.outputStream();
            return new EventStream(bytes -> write(bytes, out, progress), () -> end(out));
        }

        /** Helidon itself ends an answer that was streamed only where a handler of its own routing did it. */
        private void end(OutputStream out) throws IOException {
            try {
                out.close();
                response.commit();
            } catch (ServerConnectionException | SocketWriterException | UncheckedIOException e) {
                throw new IOException("the client is gone", e);
            }
        }

        private static void write(byte[] bytes, OutputStream out, Connections.Progress progress) throws IOException {
            progress.writing(true);
            try {
                out.write(bytes);
                out.flush();
            } catch (ServerConnectionException | SocketWriterException | UncheckedIOException e) {
                throw new IOException("the client is gone", e);
            } finally {
                progress.writing(false);
            }
        }

        /** Writes a problem, unless an answer was begun: then the connection ends, so that nobody takes it for a whole one. */
        void last(Problem problem) {
            if (response.isSent()) throw new CloseConnectionException("failed after the answer was begun");
            try {
                send(problem.answer());
            } catch (IOException e) {
                throw new CloseConnectionException("the client is gone", e);
            }
        }
    }
}
