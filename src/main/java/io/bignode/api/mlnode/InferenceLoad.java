package io.bignode.api.mlnode;

import io.bignode.api.mlnode.InferenceServers.Server;
import java.net.URI;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/** How many calls each server of inference is answering, and which failed lately. Thread safe. */
final class InferenceLoad {
    /** As long as it takes to find out that a server is gone. */
    private static final Duration AVOIDED = Duration.ofSeconds(5);

    private final LongSupplier nanoTime;
    private final Map<URI, Integer> calls = new HashMap<>();
    private final Map<URI, Long> failedNanos = new HashMap<>();

    /**
     * No call is answered.
     *
     * @param nanoTime measures time, as {@link System#nanoTime}
     */
    InferenceLoad(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Takes the server that is to be asked: the least busy one, and one that failed lately only where all did. Empty where there is none. */
    synchronized Optional<Server> begin(List<Server> servers) {
        long now = nanoTime.getAsLong();
        failedNanos.values().removeIf(failed -> now - failed > AVOIDED.toNanos());
        Optional<Server> chosen = servers.stream().min(Comparator.<Server, Boolean>comparing(server -> failedNanos.containsKey(server.url()))
                .thenComparing(server -> calls.getOrDefault(server.url(), 0)));
        chosen.ifPresent(server -> calls.merge(server.url(), 1, Integer::sum));
        return chosen;
    }

    /** Notes that a call ended. */
    synchronized void end(Server server) {
        calls.computeIfPresent(server.url(), (_, count) -> count == 1 ? null : count - 1);
    }

    /** Notes that a server did not answer. */
    synchronized void failed(Server server) {
        failedNanos.put(server.url(), nanoTime.getAsLong());
    }
}
