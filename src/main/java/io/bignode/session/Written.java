package io.bignode.session;

/** Tells when changes given to a store are durable. */
public interface Written {
    /**
     * Waits until the changes are durable; an interrupt is kept for later.
     *
     * @return false when the store cannot write at the moment and keeps them in memory until it can
     */
    boolean await();

    /** Has them written at once, rather than together with what comes within some milliseconds; does not wait for it. */
    void soon();
}
