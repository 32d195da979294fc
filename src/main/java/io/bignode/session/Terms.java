package io.bignode.session;

/**
 * On what terms an order is served.
 *
 * @param maxOfTenant how many places the sessions of the order's tenant may take at once, at least 1; see {@link SessionRules#maxSessions}
 * @param waits       whether the order waits for its turn where there is no room, instead of being refused
 * @param lingers     whether its session is shown as active for a while after its end, as its small node takes the end for good
 */
public record Terms(int maxOfTenant, boolean waits, boolean lingers) {
    /** No limit of the tenant's own; an order is refused where there is no room, and what ended is shown as ended. */
    public static final Terms PLAIN = new Terms(Integer.MAX_VALUE, false, false);

    /** Refuses a limit that no session passes. */
    public Terms {
        if (maxOfTenant < 1) throw new IllegalArgumentException("at most " + maxOfTenant + " sessions");
    }

    /** The limit of these terms, and what either of the two grants besides. */
    Terms and(Terms others) {
        return new Terms(maxOfTenant, waits || others.waits, lingers || others.lingers);
    }
}
