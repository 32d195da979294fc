package io.bignode.session;

/** Is told how a store's transactions go, by the thread that writes. */
public interface StoreObserver {
    /** A transaction is durable. */
    default void committed(long nanos) {}

    /** A transaction failed and is tried again. */
    default void failed() {}

    /** An observer that does nothing. */
    StoreObserver NOBODY = new StoreObserver() {};
}
