package io.bignode.cli.rehearse;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.cli.rehearse.KeyArtifacts.Arrival;
import io.bignode.cli.rehearse.Observed.Farm;
import io.bignode.cli.rehearse.Observed.Look;
import io.bignode.cli.rehearse.Observed.Plan;
import io.bignode.cli.rehearse.Observed.Verdict;
import io.bignode.cli.terminal.Finding;
import io.bignode.cli.terminal.Progress;
import io.bignode.config.Token;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** One stage from its start to the verdicts, by the calls of the network's node in their order. */
final class Rehearsal {
    /** The segment under which it plays, where the node takes segments. */
    static final String SEGMENT = "rehearsal";

    private static final String POW = "/api/v1/inference/pow";
    private static final int UNAUTHORIZED = 401;
    private static final int NOT_FOUND = 404;
    private static final int SAMPLE = 32;
    private static final Duration LOOK = Duration.ofSeconds(1);

    /** What was found before the stop comes within a post or two. */
    private static final Duration MAX_TAIL = Duration.ofSeconds(10);

    private static final double SILENCE_SECONDS = 2;

    private final MlNodeClient client;
    private final MlNodeAddress node;
    private final MlNodeAddress apart;
    private final Optional<Token> given;
    private final Plan plan;
    private final Duration verdictPatience;
    private volatile boolean stopped = true;

    /**
     * A rehearsal that has not begun.
     *
     * @param node            who is played with
     * @param given           the token that a head's own calls are shown; that in the address otherwise
     * @param verdictPatience how long verdicts are waited for
     */
    Rehearsal(MlNodeClient client, MlNodeAddress node, Optional<Token> given, Plan plan, Duration verdictPatience) {
        this.client = client;
        this.node = node;
        this.apart = node.apart(SEGMENT);
        this.given = given;
        this.plan = plan;
        this.verdictPatience = verdictPatience;
    }

    /** Asks a node what it says of itself. */
    static Look look(MlNodeClient client, MlNodeAddress at) throws InterruptedException {
        Reply state = client.get(at, "/api/v1/state");
        if (state.status() == UNAUTHORIZED && knowsToken(client, at)) {
            state = new Reply(NOT_FOUND, state.body(), "the token is known there, and no such call", state.took());
        }
        if (!state.ok()) return new Look(state, Reply.NONE, Reply.NONE, Reply.NONE, Reply.NONE);
        return new Look(state, client.get(at, POW + "/status"), client.get(at, "/api/v1/versions"), client.get(at, "/v1/models"),
                client.get(at, "/api/v1/gpu/devices"));
    }

    /** A head that has no ML node's calls takes the token in their path for part of the path, and misses one. */
    private static boolean knowsToken(MlNodeClient client, MlNodeAddress at) throws InterruptedException {
        Optional<Token> token = at.credential(Optional.empty());
        return token.isPresent() && client.head(at, "/api/v1/delegation/sessions", token.get()).ok();
    }

    /**
     * Asks for what a head alone tells.
     *
     * @param starts the answers to the rehearsal's starts
     */
    static Farm farm(MlNodeClient client, MlNodeAddress node, Optional<Token> given, List<Reply> starts) throws InterruptedException {
        Optional<Token> credential = node.credential(given);
        if (credential.isEmpty()) return Farm.NONE;
        List<Reply> sessions = new ArrayList<>();
        for (Reply start : starts) {
            String id = start.text("session_id");
            if (id.matches("[0-9A-Za-z-]+")) sessions.add(client.head(node, "/api/v1/delegation/session/" + id, credential.get()));
        }
        return new Farm(client.head(node, "/api/v1/overview", credential.get()), sessions);
    }

    /**
     * Plays the stage.
     *
     * @param keys     who asks
     * @param receiver takes the callbacks
     * @param progress told of each second
     * @param findings what was found out otherwise
     */
    Observed play(Look before, List<RehearsedKey> keys, Receiver receiver, Progress progress, List<Finding> findings) throws InterruptedException {
        receiver.begin(keys);
        stopped = false;
        long began = System.nanoTime();
        List<Reply> starts = together(keys, key -> client.post(apart, POW + "/init/generate", key.start().toString()));
        Look during = Look.NONE;
        Farm farm = Farm.NONE;
        Reply stop;
        try {
            if (starts.stream().anyMatch(Reply::ok)) {
                sleepUntil(began, plan.taken().dividedBy(2), progress);
                during = look(client, apart);
                sleepUntil(began, plan.taken().minus(LOOK), progress);
                farm = farm(client, node, given, starts);
                sleepUntil(began, plan.taken(), progress);
            }
        } finally {
            stop = end();
        }
        takeLate(receiver, progress);
        List<KeyArtifacts> came = receiver.artifacts();
        receiver.validate();
        List<Verdict> verdicts = validate(keys, came, receiver, progress);
        return new Observed(plan, before, client.ahead(), starts, during, stop, came, receiver.faults(), verdicts, farm, findings);
    }

    /** Ends what was begun, once. */
    synchronized Reply end() throws InterruptedException {
        if (stopped) return Reply.NONE;
        stopped = true;
        return client.post(apart, POW + "/stop", "{}");
    }

    private static void sleepUntil(long beganNanos, Duration at, Progress progress) throws InterruptedException {
        long left = beganNanos + at.toNanos() - System.nanoTime();
        while (left > 0) {
            Thread.sleep(Duration.ofNanos(Math.min(left, LOOK.toNanos())));
            if (left >= LOOK.toNanos()) progress.add(1);
            left = beganNanos + at.toNanos() - System.nanoTime();
        }
    }

    private void takeLate(Receiver receiver, Progress progress) throws InterruptedException {
        long began = System.nanoTime();
        while (System.nanoTime() - began < MAX_TAIL.toNanos() && receiver.silence() < SILENCE_SECONDS) sleepUntil(System.nanoTime(), LOOK, progress);
    }

    private List<Verdict> validate(List<RehearsedKey> keys, List<KeyArtifacts> came, Receiver receiver, Progress progress) throws InterruptedException {
        List<Verdict> verdicts = new ArrayList<>();
        List<RehearsedKey> asking = new ArrayList<>();
        List<Reply> asked = new ArrayList<>();
        for (int i = 0; i < came.size(); i++) {
            List<Arrival> sample = came.get(i).sample(SAMPLE);
            if (sample.isEmpty()) continue;
            asking.add(keys.get(i));
            asked.add(client.post(apart, POW + "/generate", keys.get(i).validation(sample).toString()));
            verdicts.add(new Verdict(sample.size(), asked.getLast(), Optional.empty(), Reply.NONE));
        }
        long began = System.nanoTime();
        boolean open = !asking.isEmpty();
        while (open) {
            open = false;
            for (int i = 0; i < asking.size(); i++) {
                if (!asked.get(i).ok()) continue;
                Optional<JsonNode> posted = receiver.verdict(asking.get(i));
                Reply found = verdicts.get(i).lookedUp();
                if (!found.text("status").equals("completed")) found = client.get(apart, POW + "/generate/" + asked.get(i).text("request_id"));
                verdicts.set(i, new Verdict(verdicts.get(i).sample(), asked.get(i), posted, found));
                open |= posted.isEmpty() || !found.text("status").equals("completed");
            }
            if (System.nanoTime() - began > verdictPatience.toNanos()) return verdicts;
            if (open) sleepUntil(System.nanoTime(), LOOK.dividedBy(2), progress);
        }
        return verdicts;
    }

    /** A call for one key. */
    @FunctionalInterface
    private interface Call {
        Reply of(RehearsedKey key) throws InterruptedException;
    }

    private static List<Reply> together(List<RehearsedKey> keys, Call call) throws InterruptedException {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Reply>> calls = keys.stream().<Callable<Reply>>map(key -> () -> call.of(key)).toList();
            List<Reply> replies = new ArrayList<>();
            for (Future<Reply> reply : threads.invokeAll(calls)) replies.add(reply.get());
            return replies;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }
}
