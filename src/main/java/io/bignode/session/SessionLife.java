package io.bignode.session;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where a session is in its life: its status, its place among those that wait, its polls, its end. Guarded by its session's lock, but for what the clock
 * and the session's start alone tell.
 */
final class SessionLife {
    /** How stale the time of the last poll may be in the store. */
    private static final Duration POLL_NOTED = Duration.ofSeconds(5);

    private final SessionContext around;
    private final Instant createdAt;
    private final long startNanos;
    private SessionStatus status;
    private @Nullable String error;

    /** Its place among those that wait for their turn; 0 for one that was admitted. */
    private long place;

    /** Whether it is to stand at the end of the line, as nobody polled it for a while. */
    private boolean placeLost;

    private long polledNanos;
    private long pollNotedNanos;
    private long endedNanos;
    private @Nullable Instant endedAt;

    /** A life as the store has it, or one that begins now. */
    SessionLife(Instant createdAt, SessionProgress progress, SessionContext around) {
        this.around = around;
        this.createdAt = createdAt;
        this.status = progress.status();
        this.error = progress.error();
        this.place = progress.place();
        Instant now = around.clock.instant();
        long nanos = around.nanoTime.getAsLong();
        this.startNanos = nanos - nanosBetween(createdAt, now);
        this.polledNanos = nanos - nanosBetween(progress.polledAt(), now);
        this.pollNotedNanos = polledNanos;
        this.endedAt = progress.endedAt();
        this.endedNanos = endedAt == null ? 0 : nanos - nanosBetween(endedAt, now);
    }

    /** Nanoseconds between two moments by the wall clock, none when the clock was set back behind the first. */
    private static long nanosBetween(Instant then, Instant now) {
        return then.isBefore(now) ? Duration.between(then, now).toNanos() : 0;
    }

    /** When it began, by the wall clock. Needs no lock. */
    Instant createdAt() {
        return createdAt;
    }

    /** Time since its beginning, whether it still goes on or not. Needs no lock. */
    Duration age() {
        return Duration.ofNanos(around.nanoTime.getAsLong() - startNanos);
    }

    /** Its age at a moment by the wall clock. Needs no lock. */
    Duration ageAt(Instant moment) {
        return Duration.ofNanos(nanosBetween(createdAt, moment));
    }

    /** Whether as much time has passed since its beginning as a session may live. Needs no lock. */
    boolean timeIsUp() {
        return around.nanoTime.getAsLong() - startNanos >= around.rules.life().toNanos();
    }

    /** Time until it expires; zero when its life is over or it ended before. */
    Duration left() {
        Duration left = around.rules.life().minus(age());
        return left.isNegative() || status.ended() ? Duration.ZERO : left;
    }

    /** Where it is in its life. */
    SessionStatus status() {
        return status;
    }

    /** Where it is in its life as its small node sees it: one that lingers after its time seems to go on. */
    SessionStatus shownStatus(Terms terms) {
        if (status != SessionStatus.EXPIRED || !lingers(terms)) return status;
        return place > 0 ? SessionStatus.INITIALIZING : SessionStatus.GENERATING;
    }

    /** Whether it ended by itself a while ago, on terms by which it is shown as active until somebody stops it or that while is over. */
    boolean lingers(Terms terms) {
        boolean endedByItself = status == SessionStatus.EXPIRED || status == SessionStatus.ERROR;
        return endedByItself && terms.lingers() && around.nanoTime.getAsLong() - endedNanos < around.rules.linger().toNanos();
    }

    /** Why it failed, which one that was stopped later still tells; empty where it did not fail. */
    Optional<String> error() {
        return Optional.ofNullable(error);
    }

    /** Whether it waits for its turn. */
    boolean waiting() {
        return place > 0 && !status.ended();
    }

    /** Its place among those that wait. */
    long place() {
        return place;
    }

    /** Waits at this place from now on. */
    void standAt(long newPlace) {
        place = newPlace;
        placeLost = false;
    }

    /** Its turn has come. */
    void admit() {
        place = 0;
    }

    /** Whether its place is lost, as nobody polled it for a while. */
    boolean lostPlace() {
        return placeLost;
    }

    /** Nobody polls it: once somebody does, it goes to the end of the line. */
    void losePlace() {
        placeLost = true;
    }

    /** Whether the devices' memory is taken by it: it was admitted, runs, and somebody polls it. */
    boolean usesDevices() {
        return place == 0 && !status.ended() && !timeIsUp() && !idle();
    }

    /** Whether nobody polled it for so long that its turn goes to others. */
    boolean idle() {
        return around.nanoTime.getAsLong() - polledNanos >= around.rules.idle().toNanos();
    }

    /** Time since its small node asked last. */
    Duration polledAgo() {
        return Duration.ofNanos(around.nanoTime.getAsLong() - polledNanos);
    }

    /**
     * Its small node polled.
     *
     * @return whether the store should be told
     */
    boolean polled() {
        polledNanos = around.nanoTime.getAsLong();
        return polledNanos - pollNotedNanos >= POLL_NOTED.toNanos();
    }

    /** A device has its model ready; false when that was known. */
    boolean generating() {
        if (status != SessionStatus.INITIALIZING) return false;
        status = SessionStatus.GENERATING;
        return true;
    }

    /** Ends it; false when it ended before. */
    boolean end(SessionStatus how, @Nullable String why) {
        if (status.ended()) return false;
        status = how;
        error = why;
        endedNanos = around.nanoTime.getAsLong();
        endedAt = around.clock.instant();
        return true;
    }

    /** Counts as stopped from now on, whatever it ended by; a reason that it failed for stays. */
    void stopped() {
        status = SessionStatus.STOPPED;
    }

    /** How long ago it ended; meaningless while it runs. */
    Duration endedAgo() {
        return Duration.ofNanos(around.nanoTime.getAsLong() - endedNanos);
    }

    /** How far it got, as it goes to the store now: the time of the last poll counts as noted. */
    SessionProgress progress(long computed, FoundLog log, long deviceNanos, long uncomputable, @Nullable Instant firstFoundAt, @Nullable Relay relay) {
        pollNotedNanos = polledNanos;
        Instant polledAt = around.clock.instant().minusNanos(around.nanoTime.getAsLong() - polledNanos);
        return new SessionProgress(
                status, error, computed, log.numberedTotal(), log.numbered(), log.settled(), polledAt, endedAt, place, deviceNanos,
                uncomputable, firstFoundAt, relay);
    }
}
