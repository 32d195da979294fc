package io.bignode.http;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The table of what is served: which request goes where. It is asked before any token is looked at, so that a path that exists with another method, and one
 * that does not exist, can be told apart from one that needs a token: a web server's own router answers both before anybody showed one.
 */
public final class Routes {
    /** Where a request goes. */
    sealed interface Found {
        /** A route, and what stands at the braces of its path. */
        record Here(Route route, String parameter) implements Found {}

        /** The path exists, but takes other methods only. */
        record OtherMethod(String allowed, boolean isPublic) implements Found {}

        /** No such path. */
        record Nowhere() implements Found {}
    }

    private final List<Route> routes;

    /** A table of these routes; the first that matches a request serves it. */
    public Routes(List<Route> routes) {
        this.routes = List.copyOf(routes);
    }

    /** Every line of the table. */
    List<Route> all() {
        return routes;
    }

    /** Looks a request up. */
    Found find(String method, String path) {
        List<Route> onPath =
                routes.stream().filter(route -> route.match(path).isPresent()).toList();
        if (onPath.isEmpty()) return new Found.Nowhere();
        // RFC 9110, 9.3.2: an answer's head alone may be asked for wherever the whole of it may.
        String wanted = method.equals("HEAD") ? "GET" : method;
        Optional<Route> route = onPath.stream()
                .filter(candidate -> candidate.method().equals(wanted))
                .findFirst();
        if (route.isPresent())
            return new Found.Here(route.get(), route.get().match(path).orElseThrow());
        String allowed = onPath.stream()
                .map(Route::method)
                .flatMap(known -> known.equals("GET") ? Stream.of("GET", "HEAD") : Stream.of(known))
                .sorted()
                .collect(Collectors.joining(", "));
        return new Found.OtherMethod(allowed, onPath.stream().allMatch(known -> known.credential() == Route.Credential.NONE));
    }
}
