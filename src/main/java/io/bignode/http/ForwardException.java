package io.bignode.http;

import java.io.Serial;

/** Another server was to answer a request and did not; the message says what it did instead, and is fit for the client. */
public final class ForwardException extends Exception {
    @Serial
    private static final long serialVersionUID = 1;

    private final boolean reached;

    ForwardException(String message, boolean reached, Throwable cause) {
        super(message, cause);
        this.reached = reached;
    }

    /** Whether a part of the request may have got there; false where another server can be asked instead. */
    public boolean reached() {
        return reached;
    }
}
