package io.bignode.monitor;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What an operator should look at now. An alarm is logged once when it is raised and once when it is cleared. Thread safe. */
public final class Alarms {
    private static final System.Logger LOG = System.getLogger(Alarms.class.getName());

    /**
     * Something that is wrong now.
     *
     * @param key   what it is about, for instance {@code store}
     * @param text  what is wrong
     * @param fix   what to do about it
     * @param since when it was raised
     */
    public record Alarm(String key, String text, String fix, Instant since) {}

    private final InstantSource clock;
    private final Map<String, Alarm> raised = new ConcurrentHashMap<>();

    /** A list without alarms. */
    public Alarms(InstantSource clock) {
        this.clock = clock;
    }

    /** Raises an alarm. One that is raised already keeps its time, takes the new words, and is not logged again. */
    public void raise(String key, String text, String fix) {
        raised.compute(key, (_, before) -> {
            if (before == null) LOG.log(System.Logger.Level.ERROR, "alarm {0}: {1}; {2}", key, text, fix);
            return new Alarm(key, text, fix, before == null ? clock.instant() : before.since());
        });
    }

    /** Clears an alarm; nothing happens when it is not raised. */
    public void clear(String key) {
        Alarm before = raised.remove(key);
        if (before != null) LOG.log(System.Logger.Level.INFO, "alarm {0} is over: {1}", key, before.text());
    }

    /** The alarms that are raised, the oldest first. */
    public List<Alarm> list() {
        return raised.values().stream().sorted(Comparator.comparing(Alarm::since).thenComparing(Alarm::key)).toList();
    }
}
