package io.bignode.session.store;

/** A store that cannot be used; the message says why and what to do, and holds no password. */
public final class StoreRefused extends Exception {
    private static final long serialVersionUID = 1L;

    private final String reason;

    /** A refusal with its reason and the fix. */
    StoreRefused(String message) {
        super(message);
        this.reason = message;
    }

    /** A refusal with its reason and the fix, and its cause. */
    StoreRefused(String message, Throwable cause) {
        super(message, cause);
        this.reason = message;
    }

    /** The reason and the fix, as an operator reads them. */
    public String reason() {
        return reason;
    }
}
