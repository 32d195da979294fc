package io.bignode.delivery;

/** Is told what was handed out, by the thread that did it. */
public interface DeliveryObserver {
    /**
     * An answer to a poll was written.
     *
     * @param nonces how many it held
     * @param nanos  since the poll stopped waiting
     */
    default void answered(String tenant, int nonces, long nanos) {}

    /** A push was acknowledged. */
    default void pushed(String tenant, int nonces) {}

    /** A push was not acknowledged, and is tried again. */
    default void pushFailed() {}

    /** Counts nothing. */
    DeliveryObserver NOBODY = new DeliveryObserver() {};
}
