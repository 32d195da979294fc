package io.bignode.protocol;

/**
 * The right and duty to compute a range of a session's nonces. It is ended by one {@link LeaseReport.Done}, {@link LeaseReport.Failed} or
 * {@link LeaseReport.Returned}.
 *
 * @param id        unique within the head's life
 * @param sessionId whose nonces, for logs
 * @param work      what to compute for each
 * @param nonces    the order's nonces
 * @param range     the indices leased
 */
public record Lease(String id, String sessionId, WorkOrder work, NonceSequence nonces, NonceRange range) {
    /** The nonces leased, in the order in which they are to be computed. */
    public long[] nonceValues() {
        return nonces.nonces(range);
    }

    /** The same of some of its indices. */
    public Lease part(NonceRange of) {
        return new Lease(id, sessionId, work, nonces, of);
    }
}
