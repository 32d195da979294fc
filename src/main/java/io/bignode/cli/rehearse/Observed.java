package io.bignode.cli.rehearse;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.cli.terminal.Finding;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a rehearsal saw, from which everything that it says follows.
 *
 * @param plan     what was played
 * @param before   what the node said of itself before
 * @param clock    how much its clock is ahead of this host's; empty where it does not tell
 * @param starts   the answers to the starts, one a key; empty where the stage was not begun
 * @param during   what the node said in the middle of the stage
 * @param stop     the answer to the stop
 * @param keys     what came, one a key
 * @param posts    what was wrong with callbacks
 * @param verdicts what became of the validations
 * @param farm     what a head told of its farm at the end of the stage
 * @param given    what was found out otherwise, as in the participant's node list
 */
record Observed(
        Plan plan, Look before, Optional<Duration> clock, List<Reply> starts, Look during, Reply stop, List<KeyArtifacts> keys, List<PostFault> posts,
        List<Verdict> verdicts, Farm farm, List<Finding> given) {
    /**
     * What is played.
     *
     * @param address  the node's address as it is shown
     * @param version  this program's version; empty where it is not known
     * @param model    the model that is asked for; empty where the node is to tell it
     * @param keys     how many keys ask at once
     * @param taken    how long artifacts are taken before the stop
     * @param stage    the length of the network's stage
     * @param callback the host and port that the node is to call
     */
    record Plan(String address, String version, String model, int keys, Duration taken, Duration stage, String callback) {}

    /** The answers to the calls by which a node is looked at. */
    record Look(Reply state, Reply status, Reply versions, Reply models, Reply devices) {
        /** It was not looked at. */
        static final Look NONE = new Look(Reply.NONE, Reply.NONE, Reply.NONE, Reply.NONE, Reply.NONE);

        /** The model that the node serves, as far as it tells. */
        Optional<String> model() {
            if (!state.text("loaded_model").isEmpty()) return Optional.of(state.text("loaded_model"));
            return Optional.of(models.body().path("data").path(0).path("id").asText()).filter(id -> !id.isEmpty());
        }

        /** Whether the node tells that it serves a model; empty where it tells nothing of models. */
        Optional<Boolean> serves(String model) {
            if (model().isEmpty()) return Optional.empty();
            for (JsonNode one : models.body().path("data")) if (one.path("id").asText().equals(model)) return Optional.of(true);
            return Optional.of(state.text("loaded_model").equals(model));
        }
    }

    /**
     * Something that was wrong with callbacks.
     *
     * @param check what it is a fault of, as in a finding
     * @param text  what was wrong
     * @param count how often
     */
    record PostFault(String check, String text, int count) {}

    /**
     * A validation of a sample of what came.
     *
     * @param sample   how many artifacts it had
     * @param asked    the answer to the call
     * @param posted   the verdict as it was posted
     * @param lookedUp the last answer about the request
     */
    record Verdict(int sample, Reply asked, Optional<JsonNode> posted, Reply lookedUp) {}

    /**
     * What a head tells beyond an ML node's calls; calls that were not answered where it is none, or its token is not known.
     *
     * @param overview the farm
     * @param sessions the rehearsal's own sessions
     */
    record Farm(Reply overview, List<Reply> sessions) {
        /** Nothing is told. */
        static final Farm NONE = new Farm(Reply.NONE, List.of());

        Farm {
            sessions = List.copyOf(sessions);
        }
    }

    Observed {
        starts = List.copyOf(starts);
        keys = List.copyOf(keys);
        posts = List.copyOf(posts);
        verdicts = List.copyOf(verdicts);
        given = List.copyOf(given);
    }

    /** What there is to say where no stage was begun. */
    static Observed ofLook(Plan plan, Look before, Optional<Duration> clock, List<Finding> given) {
        return new Observed(plan, before, clock, List.of(), Look.NONE, Reply.NONE, List.of(), List.of(), List.of(), Farm.NONE, given);
    }

    /** Seconds from the start to the stop. */
    double seconds() {
        return plan.taken().toNanos() / 1e9;
    }

    /** How many artifacts came before the stop. */
    long count() {
        return keys.stream().mapToLong(key -> key.before(seconds())).sum();
    }

    /** How many artifacts came at all. */
    long all() {
        return keys.stream().mapToLong(KeyArtifacts::count).sum();
    }

    /** Seconds from the start to the first artifact; empty where none came. */
    Optional<Double> first() {
        return keys.stream().flatMap(key -> key.first().stream()).min(Double::compare);
    }

    /** Artifacts a minute. */
    double perMinute() {
        return count() * 60 / seconds();
    }

    /** How many artifacts a whole stage would have: what comes first comes as late, and then as many come in each second. */
    long expected() {
        double late = first().orElse(0.0);
        double working = seconds() - late;
        return working <= 0 ? 0 : Math.round(count() / working * Math.max(0, plan.stage().toNanos() / 1e9 - late));
    }

    /** What came in the first third, of a third of what came before the stop; 0 where nothing came. */
    double earlyShare() {
        long early = keys.stream().mapToLong(key -> key.before(seconds() / 3)).sum();
        return count() == 0 ? 0 : early / (count() / 3.0);
    }

    /** What the key that got least had in the first third, of what a key had on average; 0 where nothing came. */
    double keyShare() {
        long early = keys.stream().mapToLong(key -> key.before(seconds() / 3)).sum();
        long least = keys.stream().mapToLong(key -> key.before(seconds() / 3)).min().orElse(0);
        return early == 0 ? 0 : least / ((double) early / keys.size());
    }
}
