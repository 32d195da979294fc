package io.bignode.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.monitor.Alarms;
import io.bignode.session.store.SqlStore;
import io.bignode.session.store.StoreRefused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** However often a head is killed, nothing is lost and nothing delivered twice. A failing history is replayed with {@code -Dbignode.seed=…}. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@ExtendWith(Quiet.class)
class RandomCrashesTest {
    private static final int STEPS = 300;

    @TempDir
    Path folder;

    @Test
    void aHeadKilledAtAnyMomentLosesNothingAndRepeatsNothing() {
        inMemory(200, false);
    }

    @Test
    @Tag("full")
    void norDoesItInManyMoreHistories() {
        inMemory(800, false);
        inMemory(400, true);
    }

    @Test
    void norDoesOneThatKeepsItsSessionsInSqlite() {
        histories(10, false, seed -> () -> sqlite(folder.resolve(Long.toString(seed))));
    }

    @Test
    void norDoSessionsThatWaitForTheirTurnOrLingerOrTakeEachOthersPlace() {
        inMemory(100, true);
        histories(5, true, seed -> () -> sqlite(folder.resolve("waiting" + seed)));
    }

    /** A lease was given back, a poll was told that nothing follows, the head was killed, and the lease's result came after all. */
    @Test
    void aHistoryThatOnceLostANonce() {
        MemoryStore store = new MemoryStore();
        new CrashHistory(-7_547_973_940_238_616_665L, () -> store, 40, false).run(STEPS);
    }

    /** A head started a session and was killed before it answered; the session expired before its small node asked again, and got a result after that. */
    @Test
    void aHistoryInWhichASessionEndsBeforeItsSmallNodeKnowsOfIt() {
        MemoryStore store = new MemoryStore();
        new CrashHistory(239_332_147_733_593_710L, () -> store, 40, false).run(STEPS);
    }

    private static void inMemory(int count, boolean waiting) {
        histories(count, waiting, _ -> {
            MemoryStore store = new MemoryStore();
            return () -> store;
        });
    }

    private static SessionStore sqlite(Path folder) {
        try {
            return SqlStore.inFolder(Files.createDirectories(folder), new Alarms(InstantSource.system()), (_, death) -> {
                throw new AssertionError(death);
            });
        } catch (StoreRefused | IOException e) {
            throw new AssertionError(e);
        }
    }

    private interface Stores {
        Supplier<SessionStore> of(long seed);
    }

    private static void histories(int count, boolean waiting, Stores stores) {
        Long replay = Long.getLong("bignode.seed");
        if (replay != null) {
            new CrashHistory(replay, stores.of(replay), 40, waiting).run(STEPS);
            return;
        }
        long seed = new Random().nextLong();
        long kills = 0;
        long delivered = 0;
        for (int i = 0; i < count; i++) {
            CrashHistory history = new CrashHistory(seed + i, stores.of(seed + i), 40, waiting);
            try {
                history.run(STEPS);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("replay with -Dbignode.seed=" + (seed + i), e);
            }
            kills += history.kills;
            delivered += history.delivered;
        }
        System.out.printf("seed %d: %d histories, %d heads killed, %d nonces delivered%n", seed, count, kills, delivered);
        assertThat(kills).isGreaterThan(2L * count);
        assertThat(delivered).isGreaterThan(20L * count);
    }
}
