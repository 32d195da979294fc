package io.bignode.agent;

import io.bignode.api.mlnode.InferenceServers;
import java.net.URI;
import java.util.List;
import java.util.Optional;

/** The big nodes as servers of inference: each call goes to one as a call of its ML node's API. */
record BigNodeInference(BigNodes bigNodes) implements InferenceServers {
    private static final String ML_NODE = "/mlnode";

    /** One that is not connected may serve inference, so that its absence is told as such. */
    @Override
    public boolean none() {
        return bigNodes.first().map(node -> !bigNodes.seen(node).inference()).orElse(false);
    }

    /** The big node says so itself where its servers compute. */
    @Override
    public boolean computeStages() {
        return false;
    }

    @Override
    public List<Server> there() {
        return bigNodes.all().stream().filter(node -> bigNodes.seen(node).connected())
                .flatMap(node -> bigNodes.seen(node).models().stream().distinct()
                        .map(model -> new Server(URI.create(node.url() + ML_NODE), model, Optional.of(node.token()))))
                .toList();
    }
}
