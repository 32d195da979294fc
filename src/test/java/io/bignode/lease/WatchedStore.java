package io.bignode.lease;

import io.bignode.protocol.NonceSequence;
import io.bignode.session.Change;
import io.bignode.session.CommitTicket;
import io.bignode.session.CrashingStore;
import io.bignode.session.MemoryStore;
import io.bignode.session.StoreBeforeAnother;
import io.bignode.session.StoreImage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/** Knows what lies free in each order's sequence, as the head has just written it. */
final class WatchedStore extends StoreBeforeAnother {
    final CrashingStore inner;
    private final Map<Long, NavigableMap<Long, Long>> free = new HashMap<>();

    /** Of the lineages, by their keys. */
    private final Map<String, Long> lineages = new HashMap<>();

    /** The lineages of which new nonces were opened since their last lease was sent. */
    private final Set<Long> opened = new HashSet<>();

    WatchedStore(MemoryStore kept, CrashingStore inner) {
        super(inner);
        this.inner = inner;
        for (StoreImage.Lineage lineage : kept.load().lineages()) {
            free.put(lineage.id(), new TreeMap<>(lineage.gaps()));
            lineages.put(lineage.key(), lineage.id());
        }
    }

    /** The indices of an order below one that lie free; none where no new ones were opened since this was asked last. */
    List<Long> freeWhenOpened(String key, long below) {
        List<Long> all = new ArrayList<>();
        long lineage = lineages.get(key);
        if (!opened.remove(lineage)) return all;
        free.get(lineage).headMap(below).forEach((first, end) -> {
            for (long index = first; index < end; index++) all.add(index);
        });
        return all;
    }

    @Override
    public CommitTicket write(List<Change> changes) {
        for (Change change : changes) {
            switch (change) {
                case Change.LineageBegun(long id, String _, String key, NonceSequence _) -> {
                    free.put(id, new TreeMap<>());
                    lineages.put(key, id);
                }
                case Change.LineageAdvanced(long id, long _) -> opened.add(id);
                case Change.GapOpened(long id, long first, long end) -> free.get(id).put(first, end);
                case Change.GapClosed(long id, long first) -> free.get(id).remove(first);
                default -> {}
            }
        }
        return super.write(changes);
    }
}
