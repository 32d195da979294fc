package io.bignode.broker;

import org.jspecify.annotations.Nullable;

/** The broker cannot be used; the message says why and what to do. */
public final class BrokerException extends Exception {
    private static final long serialVersionUID = 1L;

    BrokerException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
