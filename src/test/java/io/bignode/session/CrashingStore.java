package io.bignode.session;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.Random;

/**
 * A store of a head that is killed at random: whenever somebody waits for it, before what he waits for is durable or right after; what nobody
 * waited for is lost, from some change on.
 */
public final class CrashingStore extends StoreBeforeAnother {
    /** The head is killed. Not caught by anything but the test. */
    public static final class Killed extends Error {
        private static final long serialVersionUID = 1L;
    }

    private final SessionStore inner;
    private final Random random;
    private final Queue<List<Change>> lingering = new ArrayDeque<>();

    /** Of so many waits, one is the head's last. */
    private final int waits;

    /**
     * A store of a head that begins.
     *
     * @param inner what outlives the head
     * @param waits of so many waits, one is the head's last
     */
    public CrashingStore(SessionStore inner, Random random, int waits) {
        super(inner);
        this.inner = inner;
        this.random = random;
        this.waits = waits;
    }

    /** Makes some of what lingers durable, as time does. */
    public void linger(int changes) {
        for (int i = 0; i < changes && !lingering.isEmpty(); i++) inner.write(lingering.remove()).await();
    }

    /** The batches that a kill here and now would lose. */
    List<Change.BatchFound> lingeringBatches() {
        return lingering.stream().flatMap(List::stream).filter(Change.BatchFound.class::isInstance).map(Change.BatchFound.class::cast).toList();
    }

    /** Kills the head here and now. */
    public Killed kill() {
        linger(random.nextInt(lingering.size() + 1));
        lingering.clear();
        return new Killed();
    }

    @Override
    public CommitTicket write(List<Change> changes) {
        lingering.add(changes);
        return new CommitTicket() {
            @Override
            public boolean await() {
                if (random.nextInt(2 * waits) == 0) throw kill();
                linger(Integer.MAX_VALUE);
                if (random.nextInt(2 * waits) == 0) throw kill();
                return true;
            }

            @Override
            public boolean awaitKept() {
                return await();
            }

            @Override
            public void soon() {
                if (random.nextBoolean()) linger(Integer.MAX_VALUE);
            }
        };
    }

    @Override
    public void close() {
        linger(Integer.MAX_VALUE);
        super.close();
    }
}
