package io.bignode.session.store;

/** A store that cannot be used; the message says why and what to do, and holds no password. */
public final class StoreRefused extends Exception {
    private static final long serialVersionUID = 1L;

    private final String reason;

    /** With the reason and the fix. */
    StoreRefused(String message) {
        super(message);
        this.reason = message;
    }

    /** With the reason and the fix, and what it came from. */
    StoreRefused(String message, Throwable cause) {
        super(message, cause);
        this.reason = message;
    }

    /** Why, and what to do. */
    public String reason() {
        return reason;
    }
}
