package io.bignode.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.bignode.protocol.NonceRange;
import io.bignode.protocol.NonceSequence;
import java.util.Set;
import org.junit.jupiter.api.Test;

class NonceLedgerTest {
    private final NonceLedger ledger = new NonceLedger(1, new NonceSequence(0, 1));

    @Test
    void rangesFollowEachOther() {
        assertThat(ledger.take(3)).contains(new NonceRange(0, 3));
        assertThat(ledger.take(1)).contains(new NonceRange(3, 1));
        assertThat(ledger.take(Integer.MAX_VALUE)).contains(new NonceRange(4, Integer.MAX_VALUE));
    }

    @Test
    void theLowestReturnedRangeIsTakenFirst() {
        for (int i = 0; i < 5; i++) ledger.take(2);
        ledger.land(new NonceRange(6, 2), 0);
        ledger.land(new NonceRange(2, 2), 0);
        assertThat(ledger.take(8)).contains(new NonceRange(2, 2));
        assertThat(ledger.take(8)).contains(new NonceRange(6, 2));
        assertThat(ledger.take(8)).contains(new NonceRange(10, 8));
    }

    @Test
    void returnedNeighboursBecomeOneRange() {
        for (int i = 0; i < 4; i++) ledger.take(2);
        ledger.land(new NonceRange(0, 2), 0);
        ledger.land(new NonceRange(4, 2), 0);
        ledger.land(new NonceRange(2, 2), 0);
        assertThat(ledger.take(5)).contains(new NonceRange(0, 5));
        assertThat(ledger.take(5)).contains(new NonceRange(5, 1));
    }

    @Test
    void onlyWhatWasNotComputedComesBack() {
        ledger.take(10);
        ledger.land(new NonceRange(0, 10), 7);
        assertThat(ledger.take(10)).contains(new NonceRange(7, 3));
    }

    @Test
    void noMoreThanABatchOfNewOnesIsTakenUntilMoreIsComputedThanIsNot() {
        assertThat(ledger.take(100, 10, Set.of())).contains(new NonceRange(0, 10));
        assertThat(ledger.take(5, 10, Set.of())).contains(new NonceRange(10, 5));
        assertThat(ledger.take(100, 10, Set.of())).contains(new NonceRange(15, 10));
        ledger.land(new NonceRange(0, 10), 10);
        ledger.land(new NonceRange(15, 10), 10);
        assertThat(ledger.take(100, 10, Set.of())).as("20 are computed and 5 are not").contains(new NonceRange(25, 10));
        ledger.land(new NonceRange(25, 10), 10);
        assertThat(ledger.take(100, 10, Set.of())).as("30 are computed and 5 are not: 25 more, in whole batches").contains(new NonceRange(35, 20));
        ledger.land(new NonceRange(35, 20), 0);
        assertThat(ledger.take(100, 10, Set.of())).as("what came back is taken whole").contains(new NonceRange(35, 20));
    }

    @Test
    void aRangeLandsOnce() {
        ledger.take(4);
        ledger.land(new NonceRange(0, 4), 4);
        assertThatIllegalStateException().isThrownBy(() -> ledger.land(new NonceRange(0, 4), 4));
        ledger.take(4);
        assertThatIllegalStateException().isThrownBy(() -> ledger.land(new NonceRange(4, 3), 3));
    }

    @Test
    void anExhaustedSequenceGivesNoMoreUntilARangeComesBack() {
        NonceLedger short3 = new NonceLedger(1, new NonceSequence(Long.MAX_VALUE - 20, 10));
        assertThat(short3.take(2)).contains(new NonceRange(0, 2));
        assertThat(short3.take(8)).contains(new NonceRange(2, 1));
        assertThat(short3.take(8)).isEmpty();
        assertThat(short3.exhausted()).isTrue();
        short3.land(new NonceRange(0, 2), 1);
        assertThat(short3.exhausted()).isFalse();
        assertThat(short3.take(8)).contains(new NonceRange(1, 1));
    }

    @Test
    void anIndexThatIsGivenBackAloneIsTakenByAnybodyBut() {
        ledger.take(10);
        ledger.land(new NonceRange(0, 10), 10);
        ledger.reopen(3);
        ledger.reopen(4);
        ledger.reopen(8);
        assertThat(ledger.take(5, 5, Set.of(3L))).as("not what it tried, though it stands in the same gap").contains(new NonceRange(4, 1));
        assertThat(ledger.take(5, 5, Set.of(3L))).contains(new NonceRange(8, 1));
        assertThat(ledger.take(5, 5, Set.of(3L))).as("new ones, while that one waits for others").contains(new NonceRange(10, 5));
        assertThat(ledger.take(5)).contains(new NonceRange(3, 1));
    }
}
