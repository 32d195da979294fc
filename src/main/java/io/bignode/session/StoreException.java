package io.bignode.session;

/** What is stored cannot be read at the moment. The message holds no secret. */
public final class StoreException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** With what failed and, where there is one, the fix. */
    public StoreException(String message, Throwable cause) {
        super(message, cause);
    }
}
