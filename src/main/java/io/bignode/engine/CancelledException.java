package io.bignode.engine;

/** A computation was given up because its caller asked for it. */
public final class CancelledException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Marks a computation given up on request. */
    public CancelledException() {
        super("cancelled");
    }
}
