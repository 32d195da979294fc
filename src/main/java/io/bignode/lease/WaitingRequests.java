package io.bignode.lease;

import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.WorkerMessage.LeaseRequest;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The requests of devices that could not be served yet. Devices of one kind can hold the same models: where one of them finds no work, no other is asked about
 * until there may be work for their kind again. Devices that fail or get no leases at the moment are set apart, as their state decides and not their kind. Not
 * thread safe.
 */
final class WaitingRequests {
    /** How many requests of a kind without work are asked about checks at a time: a device may not check everybody. */
    private static final int LOOKS = 32;

    private final Function<String, Optional<DeviceOffer>> kindOf;
    private final Predicate<String> sound;

    /** First come, first served; a device's kind is its offer without its worker, and empty for a device that offered nothing yet. */
    private final Map<Optional<DeviceOffer>, Deque<LeaseRequest>> byKind = new LinkedHashMap<>();

    /** The kinds that found no work. */
    private final Set<Optional<DeviceOffer>> without = new HashSet<>();

    private final Deque<LeaseRequest> apart = new ArrayDeque<>();

    /** Whether those set apart may find work, or belong to their kind again. */
    private boolean lookApart;

    /** How a request is served. */
    interface Service {
        /** Whether there is a check that any device could take. */
        boolean hasChecks();

        /** Gives the device a check; false where there is none for it. */
        boolean check(LeaseRequest request);

        /** Gives the device nonces to compute; false where there are none for it. */
        boolean work(LeaseRequest request);
    }

    /**
     * Nobody waits yet.
     *
     * @param kindOf what devices of one kind have in common; empty for a device that offered nothing yet
     * @param sound whether a device gets leases and its last one did not fail
     */
    WaitingRequests(Function<String, Optional<DeviceOffer>> kindOf, Predicate<String> sound) {
        this.kindOf = kindOf;
        this.sound = sound;
    }

    void add(LeaseRequest request) {
        if (sound.test(request.deviceId())) {
            byKind.computeIfAbsent(kindOf.apply(request.deviceId()), _ -> new ArrayDeque<>()).addLast(request);
        } else {
            apart.addLast(request);
            lookApart = true;
        }
    }

    /** How many requests wait. */
    int count() {
        return byKind.values().stream().mapToInt(Deque::size).sum() + apart.size();
    }

    /** The devices whose requests wait. */
    Set<String> devices() {
        return Stream.concat(byKind.values().stream().flatMap(Deque::stream), apart.stream()).map(LeaseRequest::deviceId).collect(Collectors.toSet());
    }

    /** Forgets the requests of devices that are gone. */
    void forget(Predicate<String> gone) {
        byKind.values().forEach(requests -> requests.removeIf(request -> gone.test(request.deviceId())));
        byKind.values().removeIf(Deque::isEmpty);
        without.retainAll(byKind.keySet());
        apart.removeIf(request -> gone.test(request.deviceId()));
    }

    /** There is new work, for these kinds of devices. */
    void newWork(Predicate<DeviceOffer> fits) {
        without.removeIf(kind -> kind.isEmpty() || fits.test(kind.get()));
        lookApart = true;
    }

    /** Time has passed, or a device may get leases again: those set apart are asked about again. */
    void lookApart() {
        lookApart = true;
    }

    /** Serves those for whom there is something. */
    void serve(Service by) {
        if (lookApart) serveApart(by);
        byKind.forEach((kind, requests) -> {
            while (!without.contains(kind) && !requests.isEmpty()) {
                LeaseRequest next = requests.removeFirst();
                if (!sound.test(next.deviceId())) {
                    add(next);
                } else if (!by.check(next) && !by.work(next)) {
                    requests.addFirst(next);
                    without.add(kind);
                }
            }
            for (int looks = Math.min(LOOKS, requests.size()); looks > 0 && by.hasChecks(); looks--) {
                LeaseRequest next = requests.removeFirst();
                if (!sound.test(next.deviceId())) add(next);
                else if (!by.check(next)) requests.addLast(next);
            }
        });
    }

    private void serveApart(Service by) {
        lookApart = false;
        for (int looks = apart.size(); looks > 0; looks--) {
            LeaseRequest next = apart.removeFirst();
            if (sound.test(next.deviceId())) add(next);
            else if (!by.check(next) && !by.work(next)) apart.addLast(next);
        }
    }
}
