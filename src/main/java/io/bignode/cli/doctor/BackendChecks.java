package io.bignode.cli.doctor;

import io.bignode.cli.terminal.Finding;
import io.bignode.config.Setting;
import io.bignode.proof.vllm.VectorDevice;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/** Whether the vLLM backends that are named are there and free, and which model each serves. */
final class BackendChecks {
    private static final String CHECK = "backends";

    private BackendChecks() {}

    /** Asks each backend; nothing where none is named. One that is away may come later, so that it is a warning. */
    static List<Finding> run(List<URI> backends) {
        List<Finding> findings = new ArrayList<>();
        for (int number = 0; number < backends.size(); number++) {
            String name = "vllm:" + number + " at " + backends.get(number);
            try {
                VectorDevice.Probe probe = VectorDevice.probe(backends.get(number));
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
