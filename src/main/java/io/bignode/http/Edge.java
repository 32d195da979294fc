package io.bignode.http;

import io.helidon.common.socket.SocketWriterException;
import io.helidon.http.BadRequestException;
import io.helidon.http.HeaderNames;
import io.helidon.http.RequestException;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
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

    Edge(Routes routes, Tenants tenants) {
        this.routes = routes;
        this.tenants = tenants;
    }

    /** Answers a request whole; the chain is never followed, as there is nothing behind this. */
    void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        HelidonReply reply = new HelidonReply(request, response);
        try {
            serve(request, reply);
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

    private void serve(ServerRequest request, Reply reply) throws ProblemException, IOException, InterruptedException {
        String method = request.prologue().method().text();
        String path = request.prologue().uriPath().rawPath();
        Query query = new Query(request.prologue().query().rawValue());
        switch (routes.find(method, path)) {
            case Routes.Found.Here(Route route, String parameter) -> {
                Call call = new Call(
                        parameter, query, () -> new BodyStream(request.content().inputStream()));
                if (route.credential() != Route.Credential.NONE)
                    call.tenant(tenant(request.headers(), route.credential(), call));
                route.resource().serve(call, reply);
            }
            case Routes.Found.OtherMethod(String allowed, boolean isPublic) -> {
                if (!isPublic) requireBearer(request.headers());
                throw new ProblemException(Problem.methodNotAllowed(allowed));
            }
            case Routes.Found.Nowhere _ -> {
                if (!path.startsWith("/health/")) requireBearer(request.headers());
                throw new ProblemException(Problem.notFound("there is no such path; GET /openapi lists them"));
            }
        }
    }

    private void requireBearer(ServerRequestHeaders headers) throws ProblemException {
        if (bearer(headers).flatMap(tenants::of).isEmpty()) throw unauthorized();
    }

    private String tenant(ServerRequestHeaders headers, Route.Credential credential, Call call)
            throws ProblemException, IOException {
        Optional<String> shown = bearer(headers);
        if (shown.isEmpty()) {
            shown = switch (credential) {
                case NONE, BEARER -> Optional.empty();
                case BEARER_OR_QUERY -> call.queryToken();
                case BEARER_OR_BODY -> call.bodyToken();
            };
        }
        return shown.flatMap(tenants::of).orElseThrow(Edge::unauthorized);
    }

    private static Optional<String> bearer(ServerRequestHeaders headers) {
        List<String> values = headers.values(HeaderNames.AUTHORIZATION);
        if (values.size() != 1) return Optional.empty();
        Matcher matcher = BEARER.matcher(values.getFirst());
        return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    private static ProblemException unauthorized() {
        return new ProblemException(Problem.unauthorized());
    }

    /** Writes through Helidon. */
    private record HelidonReply(ServerRequest request, ServerResponse response) implements Reply {

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
