package io.bignode.cli.rehearse;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.cli.rehearse.KeyArtifacts.Arrival;
import io.bignode.cli.terminal.Finding;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What the artifacts of a stage come to by the rules of the chain. Something came. */
final class StageJudgement {
    /** The chain's own limits. */
    private static final double EARLY_FAIL = 0.5;

    private static final double POROSITY_FAIL = 100;

    private static final double EARLY_WARN = 0.75;
    private static final double POROSITY_WARN = 2;

    /** Before that many artifacts the batches that are out weigh too much. */
    private static final long ENOUGH = 200;

    /** Now and then a vector is not finite on sound backends too. */
    private static final double LOST_FAIL = 0.005;

    private static final double SLOW = 0.5;

    /** Shorter rehearsals show no early share. */
    private static final Duration LONG_ENOUGH = Duration.ofSeconds(30);

    private StageJudgement() {}

    static List<Finding> of(Observed seen) {
        List<Finding> findings = new ArrayList<>();
        findings.add(pace(seen));
        findings.add(early(seen));
        if (seen.keys().size() > 1) findings.add(balance(seen));
        findings.add(porosity(seen));
        findings.add(gaps(seen));
        findings.addAll(slow(seen));
        findings.addAll(shared(seen));
        return findings;
    }

    private static Finding pace(Observed seen) {
        double first = seen.first().orElse(0.0);
        return Finding.ok("pace", String.format(Locale.ROOT, "%d artifacts came in %.0f s, the first after %.1f s, and %d more after the stop", seen.count(),
                seen.seconds(), first, seen.all() - seen.count()));
    }

    private static Finding early(Observed seen) {
        double share = seen.earlyShare();
        String text = String.format(Locale.ROOT, "the first third of the stage brought %.2f of a third of all", share);
        String fix = ", where the chain votes down who has less than half: see what holds up the first leases, as a model that is still loaded or an order that waits";
        return judged(seen, "early", share, text, fix);
    }

    private static Finding balance(Observed seen) {
        double share = seen.keyShare();
        String text = String.format(Locale.ROOT, "the key that got least in the first third got %.2f of the average", share);
        String fix = ": keys are served one after the other, or by fewer backends; raise DELEGATION_MAX_SESSIONS on the head, and see that its tenants' weights are meant so";
        long without = seen.keys().stream().filter(key -> key.count() == 0).count();
        if (without > 0) return Finding.fail("keys", without + " of " + seen.keys().size() + " keys got nothing in the whole stage" + fix);
        return judged(seen, "keys", share, text, fix);
    }

    /** The first second of a few weighs as much as the first twenty of a stage. */
    private static Finding judged(Observed seen, String check, double share, String text, String fix) {
        if (share >= EARLY_WARN) return Finding.ok(check, text);
        if (share < EARLY_FAIL && seen.plan().taken().compareTo(LONG_ENOUGH) >= 0) return Finding.fail(check, text + fix);
        String small = seen.plan().taken().compareTo(LONG_ENOUGH) < 0 ? "; so short a rehearsal shows it roughly, play one with --for 60s" : "";
        return Finding.warn(check, text + fix + small);
    }

    private static Finding porosity(Observed seen) {
        double refused = 0;
        double sparse = 0;
        for (KeyArtifacts key : seen.keys()) {
            if (key.count() == 0) continue;
            refused = Math.max(refused, (double) key.largest() / key.count());
            if (key.count() >= ENOUGH) sparse = Math.max(sparse, key.sparseness());
        }
        String fix = ": nonces are handed out that never come back; see which devices fail, with bignode devices";
        if (refused >= POROSITY_FAIL) {
            return Finding.fail("porosity", String.format(Locale.ROOT, "the largest nonce is %.0f times the count, and the chain refuses a hundred", refused) + fix);
        }
        if (sparse >= POROSITY_WARN) return Finding.warn("porosity", String.format(Locale.ROOT, "only one of %.1f nonces up to the largest came", sparse) + fix);
        return Finding.ok("porosity", String.format(Locale.ROOT, "the largest nonce is %.1f times the count, of a hundred that the chain takes", refused));
    }

    /** Nonces that stay out although much larger ones came long ago. */
    private static Finding gaps(Observed seen) {
        double third = seen.seconds() / 3;
        long lost = 0;
        long came = 0;
        for (KeyArtifacts key : seen.keys()) {
            lost += key.lost(third);
            came += key.before(third);
        }
        long uncomputable = 0;
        for (Reply session : seen.farm().sessions()) uncomputable += session.body().path("total_uncomputable").asLong();
        String fix = ": a backend's vectors are not finite (NaN), or it loses its work; compare its model, precision and GPU with the others', with bignode devices"
                + " and vLLM's log";
        double share = Math.max((double) lost / (lost + came), (double) uncomputable / (uncomputable + seen.all()));
        if (lost == 0 && uncomputable == 0) return Finding.ok("gaps", "no nonce of the first third stayed out");
        String text = lost + " of " + (lost + came) + " nonces of the first third never came" + (uncomputable == 0 ? "" : ", and the head says that " + uncomputable
                + " cannot be computed");
        return share >= LOST_FAIL ? Finding.fail("gaps", text + fix) : Finding.warn("gaps", text + fix);
    }

    private static List<Finding> slow(Observed seen) {
        List<Finding> findings = new ArrayList<>();
        JsonNode devices = seen.farm().overview().body().path("devices");
        Map<String, List<Double>> rates = new HashMap<>();
        for (JsonNode device : devices) rates.computeIfAbsent(device.path("name").asText(), _ -> new ArrayList<>()).add(rate(device));
        for (JsonNode device : devices) {
            List<Double> others = new ArrayList<>(rates.get(device.path("name").asText()));
            others.remove(rate(device));
            Optional<Double> usual = others.stream().sorted().skip(others.size() / 2).findFirst();
            if (usual.isEmpty() || rate(device) >= SLOW * usual.get()) continue;
            findings.add(Finding.warn("devices", String.format(Locale.ROOT,
                    "device %s (%s) computes %.2f nonces a second and others of its name %.2f: see what slows its backend down, or take it out", device.path("device_id").asText(),
                    device.path("name").asText(), rate(device), usual.get())));
        }
        double lag = seen.keys().stream().mapToDouble(KeyArtifacts::lag).max().orElse(0);
        if (findings.isEmpty() && lag > Math.max(1.5, seen.seconds() / 6)) {
            findings.add(Finding.warn("devices", String.format(Locale.ROOT,
                    "some nonces came up to %.1f s after larger ones: a backend is much slower than the others, or failed; see bignode devices", lag)));
        }
        return findings;
    }

    private static Double rate(JsonNode device) {
        return device.path("nonces_per_second").asDouble();
    }

    /** Vectors depend on the key, so that no two keys have one in common. */
    private static List<Finding> shared(Observed seen) {
        Set<String> vectors = new HashSet<>();
        long shared = 0;
        for (KeyArtifacts key : seen.keys()) {
            Set<String> own = new HashSet<>(key.arrivals().stream().map(Arrival::vector).toList());
            shared += own.stream().filter(vectors::contains).count();
            vectors.addAll(own);
        }
        if (shared == 0) return List.of();
        return List.of(Finding.fail("vectors", shared + " vectors came for two keys, and vectors depend on the key: a backend does not compute them, or a program"
                + " between mixes keys up"));
    }
}
