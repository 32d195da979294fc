package io.bignode.api.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.ManualTime;
import io.bignode.fixtures.Waiting;
import java.lang.ref.WeakReference;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LiveFeedTest {
    private static final Viewer ALICE = new Viewer("alice", false, 1);
    private static final Viewer OPERATOR = new Viewer("operator", true, 1);

    private final ManualTime time = new ManualTime();
    private int made;
    private final LiveFeed feed = new LiveFeed(_ -> new byte[++made], time);

    @Test
    void anOverviewIsMadeOnceInASecondForEachViewer() {
        assertThat(feed.now(ALICE).document()).hasSize(1);
        assertThat(feed.now(OPERATOR).document()).hasSize(2);
        assertThat(feed.now(ALICE).document()).hasSize(1);
        time.pass(Duration.ofSeconds(1));
        assertThat(feed.now(ALICE).document()).hasSize(3);
    }

    @Test
    void theOverviewOfAViewerWhoLeftIsNotKept() {
        WeakReference<LiveFeed.Snapshot> left = new WeakReference<>(feed.now(OPERATOR));
        time.pass(Duration.ofSeconds(1));
        feed.now(ALICE);
        Waiting.until("the overview of an earlier second is gone", () -> {
            System.gc();
            return left.refersTo(null);
        });
    }
}
