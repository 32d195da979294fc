package io.bignode.session;

import java.time.Duration;
import java.util.Optional;

/** What one head saw of a session's life, for the line that sums it up. Guarded by its session's lock. */
final class Sprint {
    private Work work = Work.NONE;
    private Optional<Duration> firstBatch = Optional.empty();

    /** A lease's result became visible at this age of the session. */
    void worked(Work more, Duration age) {
        work = work.plus(more);
        if (firstBatch.isEmpty() && more.valid() > 0) firstBatch = Optional.of(age);
    }

    /** What was done. */
    Work work() {
        return work;
    }

    /** How old the session was when its first batch could be read; empty while none can. */
    Optional<Duration> firstBatch() {
        return firstBatch;
    }
}
