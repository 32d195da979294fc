package io.bignode.cli.rehearse;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.cli.rehearse.Observed.Look;
import io.bignode.cli.terminal.Finding;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What a node's own words come to: who answers, whether it can compute, and how far its clock is off. */
final class NodeJudgement {
    /** Checks without which there is nothing to play. */
    private static final Set<String> FINAL = Set.of("address", "token", "backends", "model");

    /** A network's node takes a state that comes later for none. */
    private static final Duration MAX_STATE = Duration.ofSeconds(5);

    private static final Duration SLOW_STATE = Duration.ofSeconds(2);
    private static final Duration CLOCK_WARN = Duration.ofSeconds(30);
    private static final Duration CLOCK_FAIL = Duration.ofMinutes(5);
    private static final Pattern VERSION = Pattern.compile("v?(\\d{1,6})\\.(\\d{1,6})(?:[^0-9].*)?");

    private NodeJudgement() {}

    /** Whether no stage can be played. */
    static boolean isFinal(Observed seen) {
        return !seen.before().state().ok() || of(seen).stream().anyMatch(found -> found.verdict() == Finding.Verdict.FAIL && FINAL.contains(found.check()));
    }

    /** What is found of the node itself. */
    static List<Finding> of(Observed seen) {
        Reply state = seen.before().state();
        Optional<Finding> away = away(seen.plan().address(), state);
        if (away.isPresent()) return List.of(away.get());
        List<Finding> findings = new ArrayList<>();
        findings.add(state(seen));
        findings.add(version(seen));
        findings.add(clock(seen));
        findings.add(backends(seen.before()));
        findings.add(model(seen));
        findings.addAll(unavailable(seen));
        return findings;
    }

    private static Optional<Finding> away(String address, Reply state) {
        Finding fault = switch (state.status()) {
            case 200 -> state.text("state").isEmpty()
                    ? Finding.fail("version", "what answers at " + address + " is no ML node, because its state has no state: correct the address") : null;
            case 0 -> Finding.fail("address", "no node answers at " + address + ": " + state.refusal());
            case 401, 403 -> Finding.fail("token", "the node at " + address + " does not take this token (" + state.status()
                    + "): use the one that its owner made for this participant, in the address or by --token-file");
            case 404, 405 -> Finding.fail("version", "no ML node's calls are answered at " + address + " (" + state.refusal()
                    + "): set DELEGATION_MLNODE=on on the head, and update it where it does not know that setting; where it has DELEGATION_MLNODE_PORT, use that port");
            default -> Finding.fail("state", "the node does not tell its state (" + state.refusal() + "): see what its log says");
        };
        return Optional.ofNullable(fault);
    }

    private static Finding state(Observed seen) {
        Look before = seen.before();
        Duration longest = Stream.of(before, seen.during()).map(look -> look.state().took()).max(Duration::compareTo).orElse(Duration.ZERO);
        String text = String.format(Locale.ROOT, "the node says %s, and %s of the proof of compute; it tells its state within %.1f s", before.state().text("state"),
                before.status().ok() ? before.status().text("status") : "nothing", longest.toMillis() / 1000.0);
        String fix = ": see whether its host or the line is overloaded";
        if (longest.compareTo(MAX_STATE) > 0) return Finding.fail("state", text + ", where the network's node waits for 5 s" + fix);
        if (longest.compareTo(SLOW_STATE) > 0) return Finding.warn("state", text + fix);
        if (!seen.during().equals(Look.NONE) && !seen.during().status().text("status").equals("GENERATING")) {
            return Finding.warn("state", "in the middle of the stage the node says " + (seen.during().status().ok() ? seen.during().status().text("status")
                    : "nothing") + " and not GENERATING, so that the network's node starts again: see what ended the session, with bignode sessions");
        }
        return Finding.ok("state", text);
    }

    private static Finding version(Observed seen) {
        String theirs = Stream.of(seen.before().state(), seen.before().versions()).map(reply -> reply.text("version")).filter(text -> !text.isEmpty()).findFirst()
                .orElse("");
        Matcher node = VERSION.matcher(theirs);
        Matcher own = VERSION.matcher(seen.plan().version());
        if (!own.matches()) return Finding.ok("version", "the node's version is not compared, as this program does not know its own" + (theirs.isEmpty() ? "" : ": " + theirs));
        if (!node.matches()) return Finding.warn("version", "the node does not tell its version, and may be older than this program: update it to " + seen.plan().version());
        int difference = Integer.compare(Integer.parseInt(node.group(1)), Integer.parseInt(own.group(1)));
        if (difference == 0) difference = Integer.compare(Integer.parseInt(node.group(2)), Integer.parseInt(own.group(2)));
        if (difference < 0) return Finding.fail("version", "the node has version " + theirs + ", which is older than this program's " + seen.plan().version() + ": update it");
        return Finding.ok("version", "the node has version " + theirs);
    }

    private static Finding clock(Observed seen) {
        if (seen.clock().isEmpty()) return Finding.warn("clock", "the node does not tell its time: see that its clock is synchronised");
        Duration ahead = seen.clock().get();
        String text = String.format(Locale.ROOT, "the node's clock is %d s %s this host's", ahead.abs().toSeconds(), ahead.isNegative() ? "behind" : "ahead of");
        String fix = ": turn time synchronisation on, on both: timedatectl set-ntp true, or chrony";
        if (ahead.abs().compareTo(CLOCK_FAIL) > 0) return Finding.fail("clock", text + fix);
        if (ahead.abs().compareTo(CLOCK_WARN) > 0) return Finding.warn("clock", text + fix);
        return Finding.ok("clock", "the node's clock is within " + CLOCK_WARN.toSeconds() + " s of this host's");
    }

    private static Finding backends(Look before) {
        Reply status = before.status();
        if (!status.ok()) return Finding.fail("version", "the node does not answer inference/pow/status (" + status.refusal() + "): update it");
        int count = status.body().path("backends").size();
        if (status.text("status").equals("NO_BACKENDS") || count == 0) {
            return Finding.fail("backends", "no backend works (" + status.text("status")
                    + "): start vLLM on the hosts of DELEGATION_BACKENDS, and see bignode doctor there and bignode devices on the head");
        }
        return Finding.ok("backends", count + (count == 1 ? " backend works" : " backends work"));
    }

    private static Finding model(Observed seen) {
        String model = seen.plan().model();
        if (model.isEmpty()) return Finding.fail("model", "the node does not tell which model it serves: name the one of the stage with --model");
        Optional<Boolean> served = seen.before().serves(model);
        if (served.isEmpty()) return Finding.ok("model", "the node does not tell whether it serves " + model + "; the stage shows it");
        if (served.get()) return Finding.ok("model", "the node serves " + model);
        return Finding.fail("model", "the node serves " + seen.before().model().orElse("another model") + " and not " + model
                + ": load it in vLLM, or correct --model");
    }

    /** Devices that the node itself says are not well, before or in the stage. */
    private static List<Finding> unavailable(Observed seen) {
        Set<String> faults = new TreeSet<>();
        for (Look look : List.of(seen.before(), seen.during())) {
            for (JsonNode device : look.devices().body().path("devices")) {
                if (device.path("is_available").asBoolean(true)) continue;
                faults.add("device " + device.path("index").asText() + ", " + device.path("name").asText() + ", is not available: "
                        + device.path("error_message").asText("no reason is told"));
            }
        }
        return faults.stream().map(fault -> Finding.warn("devices", fault)).toList();
    }
}
