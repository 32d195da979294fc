package io.bignode.cli.doctor;

import io.bignode.cli.terminal.Finding;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Doctor's check of the clock: what the system itself says of it, or another server where one is named. Whether it is right cannot be known alone. */
final class ClockChecks {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration MUCH = Duration.ofSeconds(10);
    private static final Duration TOO_MUCH = Duration.ofMinutes(5);
    private static final String FIX = "turn time synchronisation on: timedatectl set-ntp true, or chrony";

    private ClockChecks() {}

    /**
     * Runs the check.
     *
     * @param peer a server whose clock is right, asked for its Date header; empty to ask the system alone
     */
    static Finding run(Optional<URI> peer) {
        return peer.isPresent() ? against(peer.get()) : judge(synchronised());
    }

    /** The finding for what the system says of its clock; empty when it says nothing. */
    static Finding judge(Optional<Boolean> synchronised) {
        if (synchronised.isEmpty()) {
            return Finding.warn("clock",
                    "this host does not say whether its clock is synchronised: check that it is, or name a server to compare it with: --peer https://…");
        }
        return synchronised.get() ? Finding.ok("clock", "the system keeps the clock synchronised")
                : Finding.warn("clock", "the system does not keep the clock synchronised: " + FIX);
    }

    /** The finding for a difference from another server's clock, of which a second is that server's rounding. */
    static Finding judge(Duration behind, String peer) {
        double seconds = behind.toMillis() / 1000.0;
        String difference = String.format(Locale.ROOT, "this host's clock is %.0f s %s that of %s", Math.abs(seconds), seconds < 0 ? "ahead of" : "behind",
                peer);
        if (behind.abs().compareTo(TOO_MUCH) > 0) return Finding.fail("clock", difference + ", so that certificates and sessions end at the wrong time: "
                + FIX);
        if (behind.abs().compareTo(MUCH) > 0) return Finding.warn("clock", difference + ": " + FIX);
        return Finding.ok("clock", "this host's clock is within 10 s of that of " + peer);
    }

    private static Finding against(URI peer) {
        String name = String.valueOf(peer.getHost());
        try (HttpClient http = HttpClient.newBuilder().connectTimeout(PATIENCE).build()) {
            HttpRequest request = HttpRequest.newBuilder(peer).timeout(PATIENCE).method("HEAD", HttpRequest.BodyPublishers.noBody()).build();
            Instant asked = Instant.now();
            Optional<String> date = http.send(request, HttpResponse.BodyHandlers.discarding()).headers().firstValue("Date");
            if (date.isEmpty()) return Finding.warn("clock", name + " sends no header Date: name another server with --peer");
            Instant there = ZonedDateTime.parse(date.get(), DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
            Instant here = asked.plus(Duration.between(asked, Instant.now()).dividedBy(2));
            return judge(Duration.between(here, there), name);
        } catch (IOException | DateTimeException | IllegalArgumentException silent) {
            return Finding.warn("clock", name + " did not answer with its time (" + silent.getClass().getSimpleName() + "): name another server with --peer");
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return Finding.warn("clock", "the clock was not checked, because the command was interrupted: run it again");
        }
    }

    private static Optional<Boolean> synchronised() {
        try {
            Process process = new ProcessBuilder("timedatectl", "show", "--property=NTPSynchronized", "--value")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return Optional.empty();
            }
            String answer = new String(process.getInputStream().readNBytes(16), StandardCharsets.UTF_8).strip();
            return answer.equals("yes") || answer.equals("no") ? Optional.of(answer.equals("yes")) : Optional.empty();
        } catch (IOException none) {
            return Optional.empty(); // no systemd here, as in most containers
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }
}
