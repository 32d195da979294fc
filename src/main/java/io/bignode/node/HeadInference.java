package io.bignode.node;

import io.bignode.api.mlnode.InferenceServers;
import io.bignode.config.Settings;
import io.bignode.proof.vllm.BackendWatch;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Where a head that is an ML node passes calls for inference on to: the server that a setting names, otherwise the backends among its own devices. */
final class HeadInference implements InferenceServers, AutoCloseable {
    private final Optional<BackendWatch> named;
    private final boolean hasBackends;
    private final Supplier<List<BackendWatch>> backends;

    /**
     * Nothing is looked at yet.
     *
     * @param backends those of the head's devices that there are by now
     */
    HeadInference(Settings settings, Supplier<List<BackendWatch>> backends) {
        this.named = settings.mlNode().inference().filter(_ -> settings.mlNode().on()).map(url -> new BackendWatch("inference", url));
        this.hasBackends = !settings.devices().backends().isEmpty();
        this.backends = backends;
    }

    /** Looks from now on whether the server is there. */
    void start() {
        named.ifPresent(server -> server.start(() -> {}));
    }

    @Override
    public boolean none() {
        return named.isEmpty() && !hasBackends;
    }

    @Override
    public boolean computeStages() {
        return named.isEmpty();
    }

    @Override
    public List<Server> there() {
        Stream<BackendWatch> servers = named.map(Stream::of).orElseGet(() -> backends.get().stream());
        return servers.flatMap(server -> server.serving().map(model -> new Server(server.url(), model)).stream()).toList();
    }

    @Override
    public void close() {
        named.ifPresent(BackendWatch::close);
    }
}
