package io.bignode.broker;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * The link each worker has now, and who waits for a name that is taken. A process replaces its own older link at once; another process of the same
 * name is not taken in before the first one's link has ended, which a silent one does within {@link Link#TTL_MILLIS}.
 *
 * <p>One thread handles hellos and words, other threads handle ends of links.
 */
final class WorkerLinks {
    /** The most links whose addresses are remembered. */
    private static final int MOST = 65_536;

    /** The link that counts for a worker. */
    private record Current(String link, String process, Instant since) {}

    /** The answer to a hello. */
    sealed interface Answer {
        /**
         * The worker is accepted.
         *
         * @param former an older link of the same worker that had not been noticed to end
         */
        record TakenIn(Optional<String> former) implements Answer {}

        /**
         * Another process of this name is connected.
         *
         * @param link  its link
         * @param since when it was connected
         */
        record NameTaken(String link, Instant since) implements Answer {}

        /** Its link ended before it was read. */
        record Ended() implements Answer {}
    }

    /**
     * The end of the link that counted for a worker.
     *
     * @param worker its name
     * @param next   the link of another process that waited for the name
     */
    record End(String worker, Optional<String> next) {}

    private final InstantSource clock;
    private final Map<String, Current> current = new ConcurrentHashMap<>();
    private final Map<String, String> inLine = new ConcurrentHashMap<>();
    private final Recent<String, String> addresses = new Recent<>(MOST);

    /** Starts without links. */
    WorkerLinks(InstantSource clock) {
        this.clock = clock;
    }

    /** A link was opened from this address. */
    void opened(String link, String address) {
        addresses.put(link, address);
    }

    /** The address of a link; empty where it is not known. */
    String address(String link) {
        return addresses.get(link).orElse("");
    }

    /**
     * A worker sent its hello.
     *
     * @param process the id that distinguishes its process from others of the same name
     * @param lives   whether a link is open, as the broker knows it; one whose end was not noticed is not
     */
    Answer hello(String worker, String link, String process, Predicate<String> lives) {
        while (true) {
            Current now = current.get(worker);
            if (now != null && now.link().equals(link)) return new Answer.TakenIn(Optional.empty());
            if (now != null && !now.process().equals(process) && lives.test(now.link())) {
                inLine.put(worker, link);
                // A link that ended meanwhile did not wake the one that enters the line only now.
                if (now.equals(current.get(worker))) return new Answer.NameTaken(now.link(), now.since());
                continue;
            }
            inLine.remove(worker, link);
            Current own = new Current(link, process, clock.instant());
            current.put(worker, own);
            // Messages outlive links: where this one's end was noticed before it was known, it is not noticed again.
            if (!lives.test(link) && current.remove(worker, own)) return new Answer.Ended();
            return new Answer.TakenIn(Optional.ofNullable(now).map(Current::link));
        }
    }

    /**
     * The other link that is connected under a worker's name, if there is one.
     *
     * @param lives whether a link is open, as the broker knows it
     */
    Optional<Answer.NameTaken> holder(String worker, String link, Predicate<String> lives) {
        Current now = current.get(worker);
        if (now == null || now.link().equals(link) || !lives.test(now.link())) return Optional.empty();
        return Optional.of(new Answer.NameTaken(now.link(), now.since()));
    }

    /** A link ended; empty when it counted for nobody. */
    Optional<End> ended(String link) {
        Optional<String> worker = Addresses.workerOf(link);
        addresses.remove(link);
        if (worker.isEmpty()) return Optional.empty();
        inLine.remove(worker.get(), link);
        Current now = current.get(worker.get());
        if (now == null || !now.link().equals(link) || !current.remove(worker.get(), now)) return Optional.empty();
        return Optional.of(new End(worker.get(), Optional.ofNullable(inLine.remove(worker.get()))));
    }

    /** The link that counts for a worker. */
    Optional<String> of(String worker) {
        return Optional.ofNullable(current.get(worker)).map(Current::link);
    }
}
