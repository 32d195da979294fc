package io.bignode.cli.rehearse;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.cli.rehearse.Observed.PostFault;
import io.bignode.cli.terminal.Finding;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Whether the stage began for every key and its callbacks arrived. */
final class StartJudgement {
    private static final Set<String> TELLING = Set.of("orders/push-fails", "orders/not-served", "orders/no-fit");

    private StartJudgement() {}

    static List<Finding> of(Observed seen) {
        Set<Finding> findings = new LinkedHashSet<>();
        for (Reply start : seen.starts()) refusal(seen, start).ifPresent(findings::add);
        long begun = seen.starts().stream().filter(Reply::ok).count();
        if (findings.isEmpty()) findings.add(Finding.ok("start", "the node began the stage for " + begun + " keys"));
        for (Reply session : seen.farm().sessions()) waiting(session).ifPresent(findings::add);
        if (begun > 0 && !seen.stop().ok()) {
            findings.add(Finding.fail("stop", "the node does not answer the stop (" + seen.stop().refusal() + "): see what its log says, and end the sessions"
                    + " of keys that begin with " + RehearsedKey.MARK));
        }
        for (PostFault fault : seen.posts()) findings.add(Finding.fail(fault.check(), fault(fault)));
        if (begun > 0 && seen.all() == 0) {
            if (seen.posts().isEmpty()) findings.add(nothingCame(seen));
        } else if (begun > 0 && findings.stream().noneMatch(finding -> finding.check().equals("callback"))) {
            findings.add(Finding.ok("callback", "the node calls " + seen.plan().callback()));
        }
        return List.copyOf(findings);
    }

    /** An order that is taken may wait for its turn until the stage is over. */
    private static Optional<Finding> waiting(Reply session) {
        String obstacle = session.text("waiting_for");
        return obstacle.isEmpty() ? Optional.empty() : Optional.of(full("an order waited until the end of the stage", obstacle));
    }

    private static Finding full(String what, String why) {
        if (why.contains("no device")) return Finding.fail("backends", what + ", as no backend works (" + why + "): see bignode devices on the head");
        return Finding.fail("room", what + ", as the node is full (" + why
                + "): raise DELEGATION_MAX_SESSIONS on the head, or the participant's own limit, or end other sessions");
    }

    private static String fault(PostFault fault) {
        String times = fault.count() == 1 ? " (once)" : " (" + fault.count() + " times)";
        return fault.text() + times + switch (fault.check()) {
            case "node-ids" -> ": give each ML node of the list an id and a segment of its own, and see that no other program answers for this one";
            case "vectors" -> ": the network's node refuses the whole post; see that vLLM's backends all serve the model with finite values (NaN)";
            case "nonces" -> ": update the node";
            default -> ": update the node, and see whether a proxy changes what it posts";
        };
    }

    private static Optional<Finding> refusal(Observed seen, Reply start) {
        String why = start.refusal();
        if (start.ok()) {
            String errors = start.body().path("errors").isEmpty() ? "" : start.body().path("errors").toString();
            if (start.text("status").equals("OK") && start.body().path("results").isArray() && errors.isEmpty()) return Optional.empty();
            return Optional.of(Finding.fail("start", "the node's answer to the start is not OK: " + (errors.isEmpty() ? start.body().toString() : errors)));
        }
        boolean url = false;
        for (JsonNode error : start.body().path("errors")) url |= error.path("field").asText().equals("url");
        if (url) {
            return Optional.of(Finding.fail("callback", "the node refuses to call " + seen.plan().callback() + " (" + why
                    + "): add that host to DELEGATION_CALLBACK_HOSTS on the head, or name another with --callback HOST:PORT"));
        }
        return Optional.of(switch (start.status()) {
            case 0 -> Finding.fail("address", "the start was not answered: " + why);
            case 401, 403 -> Finding.fail("token", "the node does not take this token for a start (" + why + "): use the one of this participant");
            case 429, 503 -> full("the start is refused", why);
            case 409 -> Finding.fail("model", "the node refuses the model or its parameters (" + why + "): load the model of the stage, or correct --model and --seq-len");
            default -> Finding.fail("start", "the node refuses the start (" + why + ")");
        });
    }

    /** Nothing arrived at all, and nothing faulty either: it was not found, or not posted here. */
    private static Finding nothingCame(Observed seen) {
        List<String> told = new ArrayList<>();
        long computed = 0;
        for (Reply session : seen.farm().sessions()) {
            computed += session.body().path("total_computed").asLong();
            for (String field : List.of("attention", "error")) if (!session.text(field).isEmpty()) told.add(session.text(field));
        }
        for (JsonNode alarm : seen.farm().overview().body().path("alarms")) {
            if (TELLING.stream().anyMatch(key -> alarm.path("key").asText().startsWith(key))) told.add(alarm.path("text").asText());
        }
        String reason = told.isEmpty() ? "" : " (" + String.join("; ", new LinkedHashSet<>(told)) + ")";
        String callback = seen.plan().callback();
        if (computed > 0) {
            return Finding.fail("callback", "the node found " + computed + " artifacts, and none arrived at " + callback + reason
                    + ": let the node reach that address through every firewall, or name another with --callback HOST:PORT");
        }
        boolean served = seen.before().serves(seen.plan().model()).orElse(false);
        if (!served && (told.isEmpty() || reason.contains("serve"))) {
            return Finding.fail("model", "nothing came, so that probably no backend serves " + seen.plan().model() + reason
                    + ": load it in vLLM or correct --model; otherwise see that the node reaches " + callback + ", or name another with --callback HOST:PORT");
        }
        if (seen.during().status().text("status").equals("NO_BACKENDS")) {
            return Finding.fail("backends", "nothing came, and the node has no backend any more" + reason + ": see bignode devices on the head");
        }
        return Finding.fail("callback", "nothing came" + reason + ": let the node reach " + callback + " through every firewall, or name another with --callback HOST:PORT;"
                + " where it reaches it, its backends compute nothing: see bignode devices on the head");
    }
}
