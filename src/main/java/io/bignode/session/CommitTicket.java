package io.bignode.session;

/** Tells when changes given to a store are durable. */
public interface CommitTicket {
    /**
     * Waits until the changes are durable; an interrupt is kept for later.
     *
     * @return false when the store cannot write at the moment and keeps them in memory until it can
     */
    boolean await();

    /**
     * Waits until the changes are durable, or kept in memory by a head whose place no other can have taken, so that what they say may be
     * told. A head that lost its store waits until it has it again, or is interrupted; the interrupt is kept.
     *
     * @return false when interrupted
     */
    boolean awaitKept();

    /** Has them written at once, rather than together with what comes within some milliseconds; does not wait for it. */
    void soon();
}
