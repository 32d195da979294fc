package io.bignode.http;

import io.bignode.http.Tenants.Tenant;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where every request comes in: finds its route, asks for its token, has it answered, and turns whatever goes wrong into a problem. */
final class RequestPipeline {
    private static final System.Logger LOG = System.getLogger(RequestPipeline.class.getName());
    private static final Pattern BEARER = Pattern.compile("Bearer +(\\S+) *", Pattern.CASE_INSENSITIVE);

    private final Service service;
    private final WrongTokens wrongTokens;
    private final ConnectionLimits limits;

    /** The method and route of a request, for its metrics. Used by one thread. */
    private static final class Seen {
        String method = "other";
        String route = "other";
    }

    RequestPipeline(Service service, WrongTokens wrongTokens, ConnectionLimits limits) {
        this.service = service;
        this.wrongTokens = wrongTokens;
        this.limits = limits;
    }

    /**
     * Answers a request whole.
     *
     * @throws IOException          when the client is gone, or its body is none
     * @throws InterruptedException when the server stops
     */
    void answer(Exchange exchange) throws IOException, InterruptedException {
        long begun = System.nanoTime();
        Seen seen = new Seen();
        boolean answered = false;
        try {
            answer(exchange, seen);
            answered = true;
        } finally {
            String status = answered ? Integer.toString(exchange.status()) : "none";
            service.metering().answered(seen.method, seen.route, status, System.nanoTime() - begun);
        }
    }

    private void answer(Exchange exchange, Seen seen) throws IOException, InterruptedException {
        try {
            serve(exchange, seen);
        } catch (ProblemException e) {
            last(e.problem(), exchange);
        } catch (BodyStream.Late e) {
            last(Problem.late(), exchange);
        } catch (RuntimeException | Error e) {
            // The edge: whatever this is, it must end this request only, and nothing of it may reach the client.
            LOG.log(System.Logger.Level.ERROR, "a request failed", e);
            last(Problem.internal(), exchange);
        }
    }

    /** Writes a problem, unless an answer was begun: then the connection ends, so that nobody takes it for a whole one. */
    private static void last(Problem problem, Exchange exchange) throws IOException {
        if (exchange.answered()) throw new IOException("failed after the answer was begun");
        exchange.refuse(problem);
    }

    private void serve(Exchange exchange, Seen seen) throws ProblemException, IOException, InterruptedException {
        String path = exchange.path();
        Routes routes = exchange.isAtSecondPort() ? service.routesOfSecondPort() : service.routes();
        switch (routes.find(exchange.method(), path)) {
            case Routes.Found.Here(Route route, String parameter) -> {
                seen.method = route.method();
                seen.route = route.template();
                if (exchange.announcedLength() > route.maxBody()) throw new ProblemException(Problem.tooLarge(route.maxBody()));
                Request request = new Request(
                        exchange.connection().from().getHostAddress(), parameter, route.rest(path), exchange.wantsHeadAlone(), exchange.query(),
                        name -> String.join(",", exchange.headers(name)), exchange::body);
                if (route.credential() == Route.Credential.LOCAL) {
                    request.tenant(local(exchange));
                } else if (asksForToken(route.credential(), exchange)) {
                    request.tenant(tenant(exchange, route, request));
                    limits.known(exchange.connection(), request.tenant().name());
                }
                route.resource().serve(request, exchange);
            }
            case Routes.Found.OtherMethod(String allowed, boolean isPublic) -> {
                if (!isPublic) requireBearer(exchange);
                throw new ProblemException(Problem.methodNotAllowed(allowed));
            }
            case Routes.Found.Nowhere _ -> {
                Optional<Problem> misdirected = service.misdirected(path, exchange.connection().from());
                if (misdirected.isPresent()) throw new ProblemException(misdirected.get());
                if (!path.startsWith("/health/")) requireBearer(exchange);
                throw new ProblemException(Problem.notFound("there is no such path on this node; /docs shows every path there is, and /openapi lists them"
                        + " for programs"));
            }
        }
    }

    /** A page of some other site that a browser on this host shows must not call what asks for no token. */
    private Tenant local(Exchange exchange) throws ProblemException {
        boolean browser = !exchange.headers("Origin").isEmpty() || exchange.headers("Sec-Fetch-Site").stream().anyMatch(site -> site.startsWith("cross"));
        if (browser) throw new ProblemException(Problem.of(403, "Forbidden", "pages of other sites may not call this"));
        Tenant everybody = service.local();
        limits.known(exchange.connection(), everybody.name());
        return everybody;
    }

    private static boolean asksForToken(Route.Credential credential, Exchange exchange) {
        return switch (credential) {
            case NONE, LOCAL -> false;
            case OPTIONAL_BEARER -> !exchange.headers("Authorization").isEmpty();
            case BEARER, BEARER_OR_QUERY, BEARER_OR_BODY, BEARER_OR_PATH, OPERATOR, VIEWER -> true;
        };
    }

    private void requireBearer(Exchange exchange) throws ProblemException {
        known(bearer(exchange), service.tenants(), exchange);
    }

    private Tenant tenant(Exchange exchange, Route route, Request request) throws ProblemException, IOException {
        Optional<String> shown = bearer(exchange);
        if (shown.isEmpty()) {
            shown = switch (route.credential()) {
                case NONE, LOCAL, BEARER, OPTIONAL_BEARER, OPERATOR, VIEWER -> Optional.empty();
                case BEARER_OR_QUERY -> request.queryToken();
                case BEARER_OR_BODY -> request.bodyToken();
                case BEARER_OR_PATH -> route.token(exchange.path());
            };
        }
        request.operator(shown.flatMap(service.operators()::of).isPresent());
        return known(shown, whose(route.credential()), exchange);
    }

    private Tenants whose(Route.Credential credential) {
        return switch (credential) {
            case NONE, LOCAL, BEARER, OPTIONAL_BEARER, BEARER_OR_QUERY, BEARER_OR_BODY, BEARER_OR_PATH -> service.tenants();
            case OPERATOR -> service.operators();
            // Both are asked, so that the time taken tells nothing.
            case VIEWER -> token -> {
                Optional<Tenant> operator = service.operators().of(token);
                Optional<Tenant> tenant = service.tenants().of(token);
                return operator.or(() -> tenant);
            };
        };
    }

    /**
     * The tenant whose token was shown. From an address that sent too many wrong tokens, only tokens that were right before are looked at, so that a guesser
     * learns nothing from the answer.
     */
    private Tenant known(Optional<String> shown, Tenants whose, Exchange exchange) throws ProblemException {
        if (shown.isEmpty()) throw new ProblemException(Problem.unauthorized());
        InetAddress from = exchange.connection().from();
        Optional<Duration> shut = wrongTokens.shutFor(from, shown.get());
        if (shut.isPresent()) throw new ProblemException(Problem.full("too many wrong tokens came from your address", shut.get()));
        Optional<Tenant> tenant = whose.of(shown.get());
        if (tenant.isPresent()) {
            wrongTokens.right(from, shown.get());
            return tenant.get();
        }
        wrongTokens.wrong(from);
        throw new ProblemException(Problem.unauthorized());
    }

    private static Optional<String> bearer(Exchange exchange) {
        List<String> values = exchange.headers("Authorization");
        if (values.size() != 1) return Optional.empty();
        Matcher matcher = BEARER.matcher(values.getFirst());
        return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
    }
}
