package io.bignode.cli.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.cli.client.BigNodeClient.Answer;
import io.bignode.config.Setting;
import io.bignode.node.CommandException;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One session from start to stop, as a small node has it: what a poll brought is put away before the next poll acknowledges it, so that
 * nothing is lost whenever either side fails.
 */
final class SmallNode {
    private static final Duration POLL_WAIT = Duration.ofSeconds(10);
    private static final Duration LAST_POLLS = Duration.ofSeconds(8);
    private static final Duration LAST_POLL_WAIT = Duration.ofSeconds(2);
    private static final Duration REPORT_EVERY = Duration.ofSeconds(5);
    private static final int PATIENCE = 10;

    private final BigNodeClient client;
    private final BatchOutput output;
    private final Consumer<String> progress;
    private final RetryPauses pauses = new RetryPauses(new SplittableRandom());
    private final CountDownLatch stopAsked = new CountDownLatch(1);
    private final CountDownLatch finished = new CountDownLatch(1);
    private final long startNanos = System.nanoTime();

    private volatile String session = "";
    private String status = "";
    private long cursor;
    private long found;
    private int failures;
    private String lastReason = "";
    private long reportedNanos = startNanos;
    private boolean active = true;

    /**
     * A small node that has not started yet.
     *
     * @param progress told, a line at a time, how it goes
     */
    SmallNode(BigNodeClient client, BatchOutput output, Consumer<String> progress) {
        this.client = client;
        this.output = output;
        this.progress = progress;
    }

    /**
     * Starts a session, polls it until its time is over, it ends or a stop is asked for, stops it and takes what it still found.
     *
     * @throws CommandException   when the node refuses or cannot be reached, or no session was started in time
     * @throws BatchOutput.Failed when a batch could not be put away; it was not acknowledged
     */
    void run(JsonNode order, Duration time) throws InterruptedException, BatchOutput.Failed {
        long end = startNanos + time.toNanos();
        try {
            start(order, end);
            if (session.isEmpty()) throw notStarted();
            try {
                while (active && goesOn(end)) poll(POLL_WAIT, end);
            } finally {
                if (active) client.stop(session);
            }
            long last = System.nanoTime() + LAST_POLLS.toNanos();
            while (active && last - System.nanoTime() > 0) poll(LAST_POLL_WAIT, last);
            progress.accept("session is " + status + "; " + total());
        } finally {
            finished.countDown();
        }
    }

    /**
     * Has {@link #run} end early, and waits for it.
     *
     * @return whether it ended in time
     */
    boolean stopAndWait(Duration patience) {
        stopAsked.countDown();
        try {
            String running = session;
            if (!running.isEmpty()) client.stop(running); // which answers the poll that waits
            return finished.await(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Whether the node started a session for it. */
    boolean hasSession() {
        return !session.isEmpty();
    }

    private void start(JsonNode order, long end) throws InterruptedException {
        while (session.isEmpty() && goesOn(end)) {
            switch (client.start(order)) {
                case Answer.Ok(JsonNode started) -> {
                    failures = 0;
                    status = started.path("status").asText();
                    session = started.path("session_id").asText();
                    progress.accept("session " + session + " on " + client.base() + ", "
                            + started.path("gpu_count").asInt() + " device(s): " + status);
                }
                case Answer.Refused(int code, String detail) -> throw startRefused(code, detail);
                case Answer.Later(String reason, Duration wait) -> {
                    failures++;
                    lastReason = reason;
                    progress.accept("the session has not started yet: " + reason);
                    pause(wait, end);
                }
                case Answer.Unreachable(String reason) -> throw unreachable(reason);
            }
        }
    }

    private void poll(Duration wait, long end) throws InterruptedException, BatchOutput.Failed {
        Duration left = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
        switch (client.poll(session, cursor, wait.compareTo(left) < 0 ? wait : left)) {
            case Answer.Ok(JsonNode batches) -> {
                failures = 0;
                take(batches);
            }
            case Answer.Refused(int code, String detail) -> {
                active = false;
                throw refused(code, detail);
            }
            case Answer.Later(String reason, Duration pause) -> retry(reason, pause, end);
            case Answer.Unreachable(String reason) -> retry(reason, Duration.ZERO, end);
        }
    }

    private void take(JsonNode answer) throws BatchOutput.Failed {
        for (JsonNode batch : answer.path("batches")) {
            output.write(batch);
            found += batch.path("nonces").size();
        }
        cursor = answer.path("cursor").asLong(cursor); // acknowledged by the next poll
        active = answer.path("session_active").asBoolean(true);
        String now = answer.path("status").asText();
        boolean due = !answer.path("batches").isEmpty() && System.nanoTime() - reportedNanos > REPORT_EVERY.toNanos();
        if (due || !now.equals(status)) {
            progress.accept(now + ": " + total());
            reportedNanos = System.nanoTime();
        }
        status = now;
    }

    private void retry(String reason, Duration wait, long end) throws InterruptedException {
        failures++;
        if (failures >= PATIENCE) {
            active = false;
            throw CommandException.environment(PATIENCE + " polls in a row failed at " + client.base() + ", the last one: " + reason);
        }
        progress.accept("the poll failed (" + failures + " of " + PATIENCE + "): " + reason);
        pause(wait, end);
    }

    /** A stop ends the wait. */
    private void pause(Duration asked, long end) throws InterruptedException {
        long nanos = Math.min(pauses.next(asked, failures).toNanos(), Math.max(0, end - System.nanoTime()));
        stopAsked.await(nanos, TimeUnit.NANOSECONDS);
    }

    private boolean goesOn(long end) {
        return stopAsked.getCount() > 0 && end - System.nanoTime() > 0;
    }

    private String total() {
        return found + " nonces in "
                + Duration.ofNanos(System.nanoTime() - startNanos).toSeconds() + " s";
    }

    private CommandException notStarted() {
        String why = lastReason.isEmpty() ? "" : "; the node's last answer: " + lastReason;
        return CommandException.environment("no session was started" + why);
    }

    private CommandException startRefused(int code, String detail) {
        return switch (code) {
            case 422 -> CommandException.usage("the node refuses this request: " + detail);
            case 404 -> CommandException.environment("there is no delegation API at " + client.base() + " (404): --url must end where /api/v1 begins");
            default -> refused(code, detail);
        };
    }

    private static CommandException refused(int code, String detail) {
        return switch (code) {
            case 401 ->
                CommandException.environment("the node does not know this token: use the one the node was started with"
                        + " (" + Setting.AUTH_TOKEN + " there, or the file it names at its start)");
            case 404 -> CommandException.environment("the session is gone; was the node restarted? " + detail);
            default -> CommandException.environment("the node refuses (" + code + "): " + detail);
        };
    }

    private CommandException unreachable(String reason) {
        return CommandException.environment("no node answers at " + client.base() + ": " + reason);
    }
}
