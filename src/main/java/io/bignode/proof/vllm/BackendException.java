package io.bignode.proof.vllm;

import java.io.Serial;

/** A backend did not do what it was asked for; the message says what it did instead, and holds nothing that it sent but the beginning of its own reason. */
final class BackendException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    BackendException(String message) {
        super(message);
    }

    BackendException(String message, Throwable cause) {
        super(message, cause);
    }
}
