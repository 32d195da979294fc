package io.bignode.proof.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bignode.poc.HostMemory;
import io.bignode.poc.PoolCache;
import io.bignode.poc.WeightPool;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class WeightPoolsTest {
    private static final long SIZE = 60_000;
    private static final PoolCache NO_CACHE = new PoolCache(Path.of("unused"), 0);

    @Test
    void manyWhoAskAtOnceShareOnePool() throws Exception {
        try (WeightPools pools = new WeightPools(1 << 20, 2, NO_CACHE, HostMemory.PLAIN);
                ExecutorService askers = Executors.newFixedThreadPool(8)) {
            Callable<WeightPools.Shared> ask = () -> pools.acquire("block", SIZE);
            List<WeightPool> got = new ArrayList<>();
            List<WeightPools.Shared> uses = new ArrayList<>();
            for (var use : askers.invokeAll(Collections.nCopies(8, ask))) {
                uses.add(use.get());
                got.add(use.get().pool());
            }
            assertThat(got).allSatisfy(pool -> assertThat(pool).isSameAs(got.getFirst()));
            uses.forEach(WeightPools.Shared::close);
        }
    }

    @Test
    void anIdlePoolStaysUntilItsMemoryIsNeeded() throws Exception {
        try (WeightPools pools = new WeightPools(4 * SIZE, 1, NO_CACHE, HostMemory.PLAIN)) {
            WeightPool a = use(pools, "a");
            assertThat(use(pools, "a")).isSameAs(a);
            WeightPool b = use(pools, "b");
            assertThat(use(pools, "a")).isSameAs(a);
            WeightPool c = use(pools, "c");
            // b was used least recently: it made room.
            assertThatThrownBy(b::sha256).isInstanceOf(IllegalStateException.class);
            assertThat(use(pools, "a")).isSameAs(a);
            assertThat(use(pools, "c")).isSameAs(c);
        }
    }

    @Test
    void aPoolInUseIsNeverFreed() throws Exception {
        try (WeightPools pools = new WeightPools(2 * SIZE, 1, NO_CACHE, HostMemory.PLAIN);
                WeightPools.Shared held = pools.acquire("held", SIZE);
                WeightPools.Shared again = held.share()) {
            use(pools, "other");
            use(pools, "another");
            assertThat(again.pool().sha256()).isEqualTo(held.pool().sha256());
        }
    }

    private static WeightPool use(WeightPools pools, String hash) throws InterruptedException {
        try (WeightPools.Shared shared = pools.acquire(hash, SIZE)) {
            return shared.pool();
        }
    }
}
