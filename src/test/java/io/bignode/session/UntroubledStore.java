package io.bignode.session;

import java.util.Optional;

/** A store of tests that is never refused, lost, behind or full. */
public interface UntroubledStore extends SessionStore {
    @Override
    default Optional<String> refusal() {
        return Optional.empty();
    }

    @Override
    default boolean ownershipLost() {
        return false;
    }

    @Override
    default long pendingBytes() {
        return 0;
    }

    @Override
    default void observe(StoreObserver observer) {}

    @Override
    default boolean full() {
        return false;
    }
}
