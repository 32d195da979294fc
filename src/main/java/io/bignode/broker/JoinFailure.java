package io.bignode.broker;

/**
 * Why a worker is not connected.
 *
 * @param kind   whether trying again soon may help
 * @param reason a clause for the worker's operator: what is wrong and how to fix it
 */
public record JoinFailure(Kind kind, String reason) {
    /** Whether trying again soon may help. */
    public enum Kind {
        /** The head cannot be reached at the moment: it is tried again soon. */
        AWAY,
        /** It was reached and does not take the worker in, or is another program: trying often changes nothing. */
        REFUSED
    }

    static JoinFailure away(String reason) {
        return new JoinFailure(Kind.AWAY, reason);
    }

    static JoinFailure refused(String reason) {
        return new JoinFailure(Kind.REFUSED, reason);
    }
}
