package io.bignode.cli.doctor;

import io.bignode.cli.terminal.Finding;
import io.bignode.config.Setting;
import io.bignode.config.Settings;
import io.bignode.proof.vllm.BackendWatch;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Whether the vLLM backends that are named are there and free, and which model each serves; and who answers an ML node's calls for inference. */
final class BackendChecks {
    private static final String CHECK = "backends";

    private static final String INFERENCE = "inference";

    private BackendChecks() {}

    /** Asks the server of inference; nothing where the head is no ML node. */
    static List<Finding> inference(Settings settings) {
        if (!settings.mlNode().on()) return List.of();
        Optional<URI> named = settings.mlNode().inference();
        if (named.isEmpty()) {
            if (!settings.devices().backends().isEmpty()) return List.of(Finding.ok(INFERENCE, "calls for inference go to this host's backends between the stages"));
            return List.of(Finding.warn(INFERENCE, "no inference is served, so that this ML node earns nothing between the stages: set " + Setting.INFERENCE_URL
                    + ", or name backends of this host in " + Setting.BACKENDS));
        }
        try {
            return List.of(Finding.ok(INFERENCE, "calls for inference go to " + named.get() + ", which serves " + BackendWatch.probe(named.get())));
        } catch (IllegalStateException away) {
            return List.of(Finding.warn(INFERENCE, named.get() + " answers no calls for inference: " + away.getMessage() + "; start it, or correct "
                    + Setting.INFERENCE_URL));
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }

    /** Asks each backend; nothing where none is named. One that is away may come later, so that it is a warning. */
    static List<Finding> run(List<URI> backends) {
        List<Finding> findings = new ArrayList<>();
        for (int number = 0; number < backends.size(); number++) {
            String name = "vllm:" + number + " at " + backends.get(number);
            try {
                BackendWatch.Probe probe = BackendWatch.probe(backends.get(number));
                String serves = name + " serves " + probe.model();
                findings.add(probe.occupied().map(why -> Finding.warn(CHECK, serves + ", but " + why + ": it gets no leases until that ends"))
                        .orElseGet(() -> Finding.ok(CHECK, serves)));
            } catch (IllegalStateException away) {
                findings.add(Finding.warn(CHECK, name + " cannot be used: " + away.getMessage() + "; start vLLM there, or correct " + Setting.BACKENDS));
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
                return findings;
            }
        }
        return findings;
    }
}
