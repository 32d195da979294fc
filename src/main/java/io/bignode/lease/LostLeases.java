package io.bignode.lease;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;

/**
 * Finds the devices that can begin the leases of a dead device soonest. Not thread safe; {@link Leases} guards it.
 *
 * <p>A busy device holds a second lease that waits for the one it computes. Its next lease would wait for both, a second or two. Therefore it is
 * asked to hand the waiting one back, of which nothing was computed; the range of the dead device's lease is kept aside until that slot requests
 * a lease, and then takes its place.
 */
final class LostLeases {
    /** How long a device may take to hand a waiting lease back before whoever asks first gets the range. */
    private static final Duration PATIENCE = Duration.ofMillis(250);

    /** The time that a message to a device takes to have its effect. */
    private static final Duration A_MOMENT = Duration.ofMillis(30);

    /** The lease that a device computes and the one that waits behind it. */
    private record Queue(ActiveLease computing, ActiveLease waiting) {
        /** How long until the device is free; where it is so in a moment, the waiting lease counts as begun. */
        long freeInNanos(long now) {
            long left = computing.turnNanos + computing.estimateNanos - now;
            return left < A_MOMENT.toNanos() ? left + waiting.estimateNanos : left;
        }
    }

    private record Kept(ActiveLease lost, long untilNanos) {}

    /** By the device that makes room. */
    private final Map<String, Kept> kept = new HashMap<>();

    /**
     * Keeps lost leases aside, as many as others can make room for.
     *
     * @param inFlight what each device that lives has, in the order it was sent
     * @param mayTake  whether the device of the waiting lease may compute the lost one
     * @return the waiting leases that are to be handed back
     */
    List<ActiveLease> plan(List<ActiveLease> lost, Map<String, List<ActiveLease>> inFlight, BiPredicate<ActiveLease, ActiveLease> mayTake, long now) {
        List<Queue> queues = new ArrayList<>(queues(inFlight));
        queues.sort(Comparator.comparingLong(queue -> queue.freeInNanos(now)));
        List<ActiveLease> back = new ArrayList<>();
        for (ActiveLease candidate : lost) {
            for (Iterator<Queue> all = queues.iterator(); all.hasNext(); ) {
                Queue queue = all.next();
                if (!mayTake.test(queue.waiting, candidate)) continue;
                all.remove();
                kept.put(queue.waiting.deviceId, new Kept(candidate, now + PATIENCE.toNanos()));
                back.add(queue.waiting);
                break;
            }
        }
        return back;
    }

    /** Whether a lost lease is kept aside. */
    boolean holds(ActiveLease lost) {
        return kept.values().stream().anyMatch(held -> held.lost == lost);
    }

    /** The lost lease this device made room for; it is kept aside no more. */
    Optional<ActiveLease> remove(String deviceId) {
        return Optional.ofNullable(kept.remove(deviceId)).map(Kept::lost);
    }

    /** The lost leases whose device did not ask in time; they are kept aside no more. */
    List<ActiveLease> overdue(long now) {
        List<ActiveLease> late = kept.values().stream().filter(held -> now - held.untilNanos >= 0).map(Kept::lost).toList();
        kept.values().removeIf(held -> now - held.untilNanos >= 0);
        return late;
    }

    private Collection<Queue> queues(Map<String, List<ActiveLease>> inFlight) {
        return inFlight.values().stream()
                .filter(leases -> leases.size() > 1 && !kept.containsKey(leases.getFirst().deviceId))
                .map(leases -> new Queue(leases.getFirst(), leases.getLast()))
                .filter(queue -> queue.computing.started && queue.waiting.cancelledNanos.isEmpty() && queue.waiting.check.isEmpty())
                .toList();
    }
}
