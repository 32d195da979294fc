package io.bignode.session.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.protocol.Epoch;
import io.bignode.protocol.Found;
import io.bignode.protocol.NonceRange;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.Provenance;
import io.bignode.protocol.WorkOrder;
import io.bignode.session.Change;
import io.bignode.session.LeaseResult;
import io.bignode.session.LeasedRange;
import io.bignode.session.Order;
import io.bignode.session.Relay;
import io.bignode.session.SessionProgress;
import io.bignode.session.SessionStatus;
import io.bignode.session.SessionStore;
import io.bignode.session.SessionStore.FoundPage;
import io.bignode.session.SessionStore.History;
import io.bignode.session.StoreImage;
import io.bignode.session.Terms;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is true of every store. */
abstract class StoreContract {
    private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000L, 123_456_000);
    private static final Epoch EPOCH = new Epoch(9_007_199_254_740_993L, "hash");
    private static final Provenance CUDA = new Provenance("cuda", "rented-7/cuda:1", "rented-7");

    private SessionStore store;

    /** Opens the same store, which nobody has open. */
    abstract SessionStore open() throws Exception;

    private void reopen() throws Exception {
        close();
        store = open();
    }

    @AfterEach
    void close() {
        if (store != null) store.close();
    }

    @Test
    void whatWasWrittenComesBackWhole() throws Exception {
        reopen();
        long first = store.incarnation();
        assertThat(store.load()).isEqualTo(new StoreImage(List.of(), List.of(), List.of(), List.of()));
        Order order = order("alice", "key", Optional.of(URI.create("https://node.example/a?b=c")));
        SessionProgress progress = new SessionProgress(
                SessionStatus.ERROR, "out of memory", 70, 7, 0, 0, NOW.plusSeconds(5), NOW.plusSeconds(9), 3, 77, 2, NOW.plusSeconds(4), new Relay("where and how far", true));
        LeasedRange flight = new LeasedRange("lease-1-2", "s1", new NonceRange(70, 8), "local/cpu", NOW.plusSeconds(6));
        LeasedRange other = new LeasedRange("lease-1-3", "s1", new NonceRange(78, 4), "rented-7/cuda:1", NOW.plusSeconds(7));
        LeaseResult held = new LeaseResult("lease-1-3", 4, List.of(new Found(1, "0.5"), new Found(Long.MAX_VALUE, "\"é\"")), 99, CUDA, true, List.of(10L, 24L));
        store.write(List.of(
                new Change.LineageBegun(4, "alice", "key", order.nonces()),
                new Change.SessionStarted("s1", 4, order, NOW),
                new Change.LineageAdvanced(4, 90),
                new Change.GapOpened(4, 10, 20),
                new Change.GapOpened(4, 30, 40),
                new Change.NonceTried(4, 12, "local/vllm:0"),
                new Change.NonceTried(4, 31, "local/vllm:1")));
        assertThat(store.write(List.of(
                                new Change.SessionMoved("s1", progress),
                                new Change.GapOpened(4, 10, 25),
                                new Change.GapClosed(4, 30),
                                new Change.NonceSettled(4, 31),
                                new Change.NonceTried(4, 12, "local/vllm:2"),
                                new Change.Leased(flight),
                                new Change.Leased(other),
                                new Change.ResultHeld(held)))
                        .await())
                .isTrue();
        reopen();
        assertThat(store.incarnation()).isGreaterThan(first);
        assertThat(store.load())
                .isEqualTo(new StoreImage(
                        List.of(new StoreImage.Lineage(4, "alice", "key", order.nonces(), 90, new TreeMap<>(Map.of(10L, 25L)),
                                new TreeMap<>(Map.of(12L, "local/vllm:2")))),
                        List.of(new StoreImage.Stored("s1", 4, order, NOW, progress)),
                        List.of(flight, other),
                        List.of(held)));
    }

    @Test
    @Timeout(20)
    void nothingAtAllIsDurableOnceWhatWasBeforeIs() throws Exception {
        store = open();
        store.load();
        assertThat(store.write(List.of()).await()).isTrue();
        store.write(List.of(new Change.LineageBegun(1, "alice", "key", new NonceSequence(0, 1))));
        assertThat(store.write(List.of()).awaitKept()).isTrue();
        reopen();
        assertThat(store.load().lineages()).hasSize(1);
    }

    @Test
    void textOfEveryKindComesBack() throws Exception {
        reopen();
        store.load();
        for (String text : List.of("a\u0000b", "\ud800", "x\udc00\ud800y", "😀", "\\", "\\0000", "it's; --", "\n\t\u007f\uffff", "")) {
            Order order = order(text, text, Optional.empty());
            store.write(List.of(new Change.LineageBegun(1, text, text, order.nonces()), new Change.SessionStarted("s", 1, order, NOW)))
                    .await();
            reopen();
            assertThat(store.load().sessions()).extracting(StoreImage.Stored::order).containsExactly(order);
            store.write(List.of(new Change.SessionPurged("s", 0), new Change.LineageForgotten(1))).await();
        }
    }

    @Test
    void whatEndedIsGone() throws Exception {
        reopen();
        store.load();
        begin("s1", 1);
        begin("s2", 2);
        store.write(List.of(new Change.Leased(flight("a", "s1")), new Change.Leased(flight("b", "s2")), new Change.GapOpened(1, 0, 4))).await();
        store.write(List.of(new Change.ResultHeld(held("b")))).await();
        store.write(List.of(
                        new Change.LeaseEnded("a"),
                        new Change.HoldEnded("b"),
                        new Change.LeaseEnded("b"),
                        new Change.Leased(flight("c", "s2")),
                        new Change.LeaseEnded("c"),
                        new Change.SessionPurged("s1", 0),
                        new Change.LineageForgotten(1)))
                .await();
        reopen();
        StoreImage image = store.load();
        assertThat(image.flights()).isEmpty();
        assertThat(image.held()).isEmpty();
        assertThat(image.sessions()).extracting(StoreImage.Stored::id).containsExactly("s2");
        assertThat(image.lineages()).extracting(StoreImage.Lineage::id).containsExactly(2L);
    }

    @Test
    void changesThatUndoEachOtherLeaveNothing() throws Exception {
        reopen();
        store.load();
        Order order = order("alice", "key", Optional.empty());
        store.write(List.of(
                        new Change.LineageBegun(1, "alice", "key", order.nonces()),
                        new Change.SessionStarted("s", 1, order, NOW),
                        new Change.LineageAdvanced(1, 8),
                        new Change.GapOpened(1, 0, 8),
                        new Change.Leased(flight("a", "s")),
                        new Change.ResultHeld(held("a")),
                        new Change.HoldEnded("a"),
                        new Change.LeaseEnded("a"),
                        batch("s", 1, 1),
                        new Change.SessionPurged("s", 1),
                        new Change.LineageForgotten(1)))
                .await();
        reopen();
        assertThat(store.load()).isEqualTo(new StoreImage(List.of(), List.of(), List.of(), List.of()));
    }

    @Test
    void batchesAreReadInPagesOfWholeBatches() throws Exception {
        reopen();
        store.load();
        begin("s", 1);
        begin("other", 2);
        List<Found> all = new ArrayList<>();
        for (int i = 1; i <= 300; i++) {
            Change.BatchFound batch = batch("s", i, 20);
            all.addAll(batch.found());
            store.write(List.of(batch, batch("other", i, 1)));
        }
        List<Found> read = new ArrayList<>();
        long after = 0;
        int pages = 0;
        while (after < 300) {
            // Read at once: part of it is not durable yet at first.
            FoundPage page = store.found("s", after, 300, 10_000);
            assertThat(page.last()).isGreaterThan(after);
            assertThat(page.found().size()).isBetween(20, 620);
            read.addAll(page.found());
            after = page.last();
            pages++;
        }
        assertThat(read).isEqualTo(all);
        assertThat(pages).isGreaterThan(5);
        reopen();
        store.load();
        assertThat(store.found("s", 0, 300, Integer.MAX_VALUE)).isEqualTo(new FoundPage(all, 300));
        assertThat(store.found("s", 299, 300, 1).last()).as("one batch at least").isEqualTo(300);
        assertThat(store.found("s", 10, 12, 1 << 20).found()).isEqualTo(all.subList(200, 240));
    }

    @Test
    void historyAddsUpAndOutlivesItsSessions() throws Exception {
        reopen();
        store.load();
        begin("s", 1);
        store.write(List.of(worked(10, 1, "local/cpu"), worked(20, 2, "local/cpu"), worked(5, 0, "rented-7/cuda:1"))).await();
        store.write(List.of(worked(1, 1, "local/cpu"), new Change.SessionPurged("s", 0))).await();
        reopen();
        store.load();
        assertThat(store.history(10))
                .containsExactlyInAnyOrder(
                        new History(EPOCH, "alice", "local/cpu", "f", 31, 4, 3100), new History(EPOCH, "alice", "rented-7/cuda:1", "f", 5, 0, 500));
    }

    private static Change worked(long computed, long found, String device) {
        return new Change.Worked(EPOCH, "alice", device, "f", computed, found, computed * 100);
    }

    private void begin(String session, long lineage) {
        Order order = order("alice", session, Optional.empty());
        store.write(List.of(
                        new Change.LineageBegun(lineage, "alice", session, order.nonces()),
                        new Change.SessionStarted(session, lineage, order, NOW)))
                .await();
    }

    private static Order order(String tenant, String key, Optional<URI> callback) {
        WorkOrder work = new WorkOrder("transformer-distance", key, "{\"public_key\": \"" + key + "\"}");
        return new Order(tenant, key, new NonceSequence(3, 7), Long.MAX_VALUE, work, 0.25, new Epoch(12, key), callback, key + "'s", new Terms(7, true, false));
    }

    private static LeasedRange flight(String lease, String session) {
        return new LeasedRange(lease, session, new NonceRange(4, 4), "local/cpu", NOW);
    }

    private static LeaseResult held(String lease) {
        return new LeaseResult(lease, 1, List.of(new Found(5, "1.25")), 7, CUDA, true);
    }

    private static Change.BatchFound batch(String session, int number, int nonces) {
        List<Found> found = new ArrayList<>();
        for (int i = 0; i < nonces; i++) found.add(new Found(number * 1000L + i, "1.39807712345678" + i % 10));
        return new Change.BatchFound(session, number, found, CUDA);
    }
}
