package io.bignode.http;

import io.bignode.http.Route.Credential;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The API's table: which request goes where. */
final class Routes {
    private static final String API = "/api/v1/delegation";

    /** What became of a look into the table. */
    sealed interface Found {
        /** A route, and what stands at the braces of its path. */
        record Here(Route route, String parameter) implements Found {}

        /** The path is known, the method is not one of its own. */
        record OtherMethod(String allowed, boolean isPublic) implements Found {}

        /** No such path. */
        record Nowhere() implements Found {}
    }

    private final List<Route> routes;

    private Routes(List<Route> routes) {
        this.routes = routes;
    }

    /** Both dialects. */
    static Routes of(SessionResource sessions, StartResource start, HealthResource health) {
        return new Routes(List.of(
                new Route("POST", API + "/start", Credential.BEARER_OR_BODY, start::start),
                new Route("GET", API + "/batch/{session_id}", Credential.BEARER, sessions::poll),
                new Route("GET", API + "/batches/{session_id}", Credential.BEARER_OR_QUERY, sessions::poll),
                new Route("GET", API + "/sessions", Credential.BEARER, sessions::list),
                new Route("GET", API + "/status", Credential.BEARER, sessions::status),
                new Route("GET", API + "/session/{session_id}", Credential.BEARER, sessions::detail),
                new Route("DELETE", API + "/session/{session_id}", Credential.BEARER, sessions::stop),
                new Route("POST", API + "/stop", Credential.BEARER_OR_BODY, sessions::stopNamed),
                new Route("GET", "/health", Credential.NONE, health::ready),
                new Route("GET", "/health/live", Credential.NONE, health::live),
                new Route("GET", "/health/ready", Credential.NONE, health::ready),
                new Route("GET", "/openapi", Credential.BEARER, OpenApi::serve),
                new Route("GET", "/docs", Credential.NONE, ApiPage::serve)));
    }

    /** This table and more lines. */
    Routes and(List<Route> more) {
        return new Routes(Stream.concat(routes.stream(), more.stream()).toList());
    }

    /** Every line of the table. */
    List<Route> all() {
        return routes;
    }

    /** Where a request goes. */
    Found find(String method, String path) {
        List<Route> onPath =
                routes.stream().filter(route -> route.match(path).isPresent()).toList();
        if (onPath.isEmpty()) return new Found.Nowhere();
        Optional<Route> route = onPath.stream()
                .filter(candidate -> candidate.method().equals(method))
                .findFirst();
        if (route.isPresent())
            return new Found.Here(route.get(), route.get().match(path).orElseThrow());
        String allowed = onPath.stream().map(Route::method).sorted().collect(Collectors.joining(", "));
        return new Found.OtherMethod(allowed, onPath.stream().allMatch(known -> known.credential() == Credential.NONE));
    }
}
