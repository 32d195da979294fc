package io.bignode.session.store;

import io.bignode.session.Change;
import io.bignode.session.CommitTicket;
import java.time.Duration;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The changes that are not known to be durable, and the threads that wait until they are. Changes gather here while the {@link GroupWriter} writes those before
 * them, and it takes them together as the next group: at once where a thread waits for one of them, otherwise after a short while in which others may join.
 *
 * <p>Thread safe: one lock guards everything here. It is held briefly, never while the database works, and no other lock is taken while it is held.
 */
final class PendingChanges {
    private static final Duration LINGER = Duration.ofMillis(20);
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final Condition progress = lock.newCondition();
    private ChangeSet gathering = new ChangeSet();
    private ChangeSet writing = new ChangeSet();
    private long gatheringSince;

    /** How many calls of {@link #add} there were; those up to {@code taken} are in {@code writing}, up to {@code durable} in the database. */
    private long given;

    private long taken;
    private long durable;
    private boolean urgent;
    private boolean closing;
    private @Nullable String failure;

    /** Nothing can be written, and another head may write meanwhile. */
    private boolean ownershipLost;

    private @Nullable Throwable death;

    /** Adds changes, which keep the order in which they are given. An empty list is durable when all changes before it are. */
    CommitTicket add(List<Change> changes) {
        lock.lock();
        try {
            if (gathering.isEmpty()) gatheringSince = System.nanoTime();
            changes.forEach(gathering::add);
            if (changes.isEmpty()) return new Receipt(given);
            long number = ++given;
            work.signal();
            return new Receipt(number);
        } finally {
            lock.unlock();
        }
    }

    /** A place in the order of changes. */
    private final class Receipt implements CommitTicket {
        private final long number;

        Receipt(long number) {
            this.number = number;
        }

        @Override
        public boolean await() {
            lock.lock();
            try {
                hurry(number);
                while (durable < number && failure == null) {
                    if (death != null) throw new IllegalStateException("the store is not written any more", death);
                    progress.awaitUninterruptibly();
                }
                return durable >= number;
            } finally {
                lock.unlock();
            }
        }

        @Override
        public boolean awaitKept() {
            lock.lock();
            try {
                hurry(number);
                while (durable < number && (failure == null || ownershipLost)) {
                    if (death != null) throw new IllegalStateException("the store is not written any more", death);
                    if (ownershipLost) progress.await();
                    else progress.awaitUninterruptibly();
                }
                return true;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void soon() {
            lock.lock();
            try {
                hurry(number);
            } finally {
                lock.unlock();
            }
        }
    }

    private void hurry(long number) {
        if (durable >= number || urgent) return;
        urgent = true;
        work.signal();
    }

    /** Batches of a session that are not known to be durable, by number. */
    NavigableMap<Long, Change.BatchFound> batches(String sessionId) {
        lock.lock();
        try {
            NavigableMap<Long, Change.BatchFound> all = new TreeMap<>(writing.batches(sessionId));
            all.putAll(gathering.batches(sessionId));
            return all;
        } finally {
            lock.unlock();
        }
    }

    /** Why nothing can be written at the moment; empty while writing succeeds. */
    Optional<String> failure() {
        lock.lock();
        try {
            return Optional.ofNullable(failure);
        } finally {
            lock.unlock();
        }
    }

    /** Whether nothing can be written and another head may write meanwhile. */
    boolean ownershipLost() {
        lock.lock();
        try {
            return ownershipLost;
        } finally {
            lock.unlock();
        }
    }

    /** About how many bytes of memory the waiting changes take while nothing can be written; 0 while writing succeeds. */
    long stuckBytes() {
        lock.lock();
        try {
            return failure == null ? 0 : writing.bytes() + gathering.bytes();
        } finally {
            lock.unlock();
        }
    }

    /** About how many bytes of memory the changes take that are not known to be durable. */
    long bytes() {
        lock.lock();
        try {
            return writing.bytes() + gathering.bytes();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until there is a group to write and takes it for the writing thread, which calls {@link #written} when it is durable and does not change it.
     *
     * @param garbage whether an empty group is wanted as well where there is nothing to write
     * @return empty at the end, when all is durable
     */
    Optional<ChangeSet> take(boolean garbage) {
        lock.lock();
        try {
            if (!awaitWork(garbage)) return Optional.empty();
            taken = given;
            writing = gathering;
            gathering = new ChangeSet();
            urgent = false;
            return Optional.of(writing);
        } finally {
            lock.unlock();
        }
    }

    /** Waits until a group should be written, or until there is nothing to do but to delete old batches. Returns false when the store is closed. */
    private boolean awaitWork(boolean garbage) {
        while (true) {
            if (!gathering.isEmpty()) {
                long left = gatheringSince + LINGER.toNanos() - System.nanoTime();
                if (urgent || closing || left <= 0) return true;
                await(left);
            } else if (closing) {
                return false;
            } else if (garbage) {
                return true;
            } else {
                work.awaitUninterruptibly();
            }
        }
    }

    /** Waits for a short while. Both callers check afterwards whether they have to go on waiting. */
    @SuppressWarnings("WaitNotInLoop")
    private void await(long nanos) {
        try {
            work.await(nanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            // no code interrupts this thread
        }
    }

    /** The group that was taken is durable. */
    void written() {
        lock.lock();
        try {
            writing = new ChangeSet();
            durable = taken;
            failure = null;
            ownershipLost = false;
            progress.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * The group that was taken could not be written: tells all threads that wait, then pauses before the next attempt.
     *
     * @param lost whether another head may write now
     * @return false when there is no time left to try again
     */
    boolean failed(String why, boolean lost) {
        lock.lock();
        try {
            failure = why;
            ownershipLost = lost;
            progress.signalAll();
            long until = System.nanoTime() + RETRY.toNanos();
            while (!closing && until > System.nanoTime()) await(until - System.nanoTime());
            return !closing;
        } finally {
            lock.unlock();
        }
    }

    /** Nothing will be written any more: all that wait, now or later, fail for this reason. */
    void died(Throwable why) {
        lock.lock();
        try {
            death = why;
            progress.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Has the remaining changes taken at once; the writer ends after them. */
    void close() {
        lock.lock();
        try {
            closing = true;
            work.signal();
        } finally {
            lock.unlock();
        }
    }
}
