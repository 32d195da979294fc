package io.bignode.broker;

import io.bignode.protocol.Lease;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * One device that computes for several heads: what each of them was asked for, the leases that wait, and whose turn it is. A head has its turn when it had
 * less of the device's time than the others that have work. Not thread safe; its own monitor guards it. Heads are called by their numbers, from 0.
 */
final class SharedDevice {
    /** A head that had no work here for so long has no claim to the time that it left to others meanwhile. */
    private static final Duration ABSENT = Duration.ofSeconds(2);

    /** What the first lease of a head is taken to need. */
    private static final Duration FIRST = Duration.ofSeconds(1);

    /** The head that a lease waits for would have taken its own back after so long: it is the device that hangs. */
    private static final Duration LONGEST = Duration.ofMinutes(10);

    /** A lease that a head issued to this device and that did not end. */
    static final class Held {
        final SharedDevice device;
        final int head;
        final Lease lease;
        private long estimateNanos;
        private long handedNanos;
        private long spokenNanos;

        private Held(SharedDevice device, int head, Lease lease, long now) {
            this.device = device;
            this.head = head;
            this.lease = lease;
            this.spokenNanos = now;
        }
    }

    /** One head's part of the device. */
    private static final class Part {
        /** Requests that the head did not answer yet. */
        int asked;

        final Deque<Held> waiting = new ArrayDeque<>();

        /** In the order in which slots took them. */
        final Set<Held> taken = new LinkedHashSet<>();

        /** Device time that it had, or is taken to need for what slots have in hand. */
        long usedNanos;

        /** What its last lease took. */
        long leaseNanos = FIRST.toNanos();

        long absentSinceNanos;

        boolean hasWork() {
            return !waiting.isEmpty() || !taken.isEmpty();
        }
    }

    private final List<Part> parts;

    /** How many slots wait for a lease. */
    private int asking;

    private int maxBatch = 1;

    /** What the head whose turn came last had used by then: one that comes with work begins there. */
    private long turnNanos;

    /** A device that has asked for nothing yet. */
    SharedDevice(int heads, long now) {
        this.parts = IntStream.range(0, heads).mapToObj(_ -> new Part()).toList();
        parts.forEach(part -> part.absentSinceNanos = now);
    }

    /** A slot waits for a lease. */
    void ask(int batch) {
        asking++;
        maxBatch = batch;
    }

    /** The batch that slots ask with. */
    int maxBatch() {
        return maxBatch;
    }

    /**
     * The heads to send a request to now, each as often as it stands there. Every head knows of each slot that waits. Where more than one has work, the others
     * keep one lease ready, so that the turn can be theirs when a slot becomes free.
     */
    List<Integer> toAsk() {
        int wanted = Math.max(asking, parts.stream().filter(Part::hasWork).count() > 1 ? 1 : 0);
        List<Integer> heads = new ArrayList<>();
        for (int head = 0; head < parts.size(); head++) {
            Part part = parts.get(head);
            for (; part.asked + part.waiting.size() < wanted; part.asked++) heads.add(head);
        }
        return heads;
    }

    /** A head answered a request. */
    Held arrived(int head, Lease lease, long now) {
        Part part = parts.get(head);
        if (!part.hasWork() && now - part.absentSinceNanos > ABSENT.toNanos()) part.usedNanos = Math.max(part.usedNanos, turnNanos);
        part.asked = Math.max(0, part.asked - 1);
        Held held = new Held(this, head, lease, now);
        part.waiting.addLast(held);
        return held;
    }

    /** Takes the lease whose turn it is, for a slot that asked; empty when none waits. */
    Optional<Held> take(long now) {
        Optional<Part> next = parts.stream().filter(part -> !part.waiting.isEmpty()).min(Comparator.comparingLong(part -> part.usedNanos));
        if (next.isEmpty()) return Optional.empty();
        Part part = next.get();
        Held held = part.waiting.removeFirst();
        turnNanos = part.usedNanos;
        held.estimateNanos = part.leaseNanos;
        held.handedNanos = now;
        part.usedNanos += held.estimateNanos;
        part.taken.add(held);
        asking = Math.max(0, asking - 1);
        return Optional.of(held);
    }

    /**
     * A slot ended a lease.
     *
     * @param deviceNanos how long the device was busy with it; empty where that is not known, and it is taken to be no more than the time since
     */
    void ended(Held held, Optional<Long> deviceNanos, long now) {
        Part part = parts.get(held.head);
        if (!part.taken.remove(held)) return;
        long nanos = deviceNanos.orElse(Math.min(held.estimateNanos, now - held.handedNanos));
        part.usedNanos += nanos - held.estimateNanos;
        if (deviceNanos.isPresent()) part.leaseNanos = nanos;
        part.absentSinceNanos = now;
    }

    /** Removes the leases that no slot took and that their heads do not want any more. */
    List<Held> dropUnwanted(Predicate<Held> unwanted, long now) {
        List<Held> dropped = new ArrayList<>();
        for (Part part : parts) {
            List<Held> those = part.waiting.stream().filter(unwanted).toList();
            if (those.isEmpty()) continue;
            part.waiting.removeAll(those);
            part.absentSinceNanos = now;
            dropped.addAll(those);
        }
        return dropped;
    }

    /** The device is withdrawn: nothing is asked for any more. Returns the leases that no slot took. */
    List<Held> withdraw(long now) {
        asking = 0;
        parts.forEach(part -> part.asked = 0);
        return dropUnwanted(_ -> true, now);
    }

    /**
     * The leases that have waited for another head's for so long since they came, or since they were in this list before: their heads would take the device for
     * one that hangs. A lease that its head does not want any more keeps nobody waiting, nor does one that takes longer than any may.
     */
    List<Held> waitedFor(Duration period, Predicate<Held> unwanted, long now) {
        List<Held> others = parts.stream().flatMap(part -> part.taken.stream())
                .filter(held -> now - held.handedNanos < LONGEST.toNanos() && !unwanted.test(held)).toList();
        List<Held> late = parts.stream().flatMap(part -> Stream.concat(part.taken.stream(), part.waiting.stream()))
                .filter(held -> now - held.spokenNanos >= period.toNanos() && !unwanted.test(held))
                .filter(held -> others.stream().anyMatch(other -> other.head != held.head && isBefore(other, held)))
                .toList();
        late.forEach(held -> held.spokenNanos = now);
        return late;
    }

    /** Whether a slot took the first of these before the second, which may wait still. */
    private boolean isBefore(Held taken, Held held) {
        return parts.get(held.head).waiting.contains(held) || taken.handedNanos - held.handedNanos < 0;
    }
}
