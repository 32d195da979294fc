package io.bignode.session.store;

import io.bignode.session.MemoryStore;
import io.bignode.session.SessionStore;

/** The tests' own store is held to the contract too, so that what passes with it passes with the real ones. */
class MemoryContractTest extends StoreContract {
    private final MemoryStore store = new MemoryStore();

    @Override
    SessionStore open() {
        return store;
    }
}
