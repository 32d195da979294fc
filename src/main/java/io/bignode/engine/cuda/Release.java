package io.bignode.engine.cuda;

import java.util.ArrayDeque;
import java.util.Deque;

/** Things that are closed, the newest first, unless all of them came to be: for constructors that acquire one after the other. */
final class Release implements AutoCloseable {
    private final Deque<AutoCloseable> things = new ArrayDeque<>();

    /** Adds one. */
    <T extends AutoCloseable> T with(T thing) {
        things.push(thing);
        return thing;
    }

    /** Leaves everything open: its owner will close it. */
    void keep() {
        things.clear();
    }

    @Override
    public void close() {
        while (!things.isEmpty()) {
            try {
                things.pop().close();
            } catch (RuntimeException failure) {
                throw failure;
            } catch (Exception checked) {
                throw new IllegalStateException("handles of the GPU close without checked exceptions", checked);
            }
        }
    }
}
