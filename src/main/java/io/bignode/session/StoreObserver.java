package io.bignode.session;

/** Is told how a store's transactions go, by the thread that writes. */
public interface StoreObserver {
    /** A transaction is durable. */
    void committed(long nanos);

    /** A transaction failed and is tried again. */
    void failed();

    /** Counts nothing. */
    StoreObserver NOBODY = new StoreObserver() {
        @Override
        public void committed(long nanos) {}

        @Override
        public void failed() {}
    };
}
