package io.bignode.engine;

/** A device or its library failed; the work in hand is lost, the device may work again. */
public class DeviceException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** A failure described by {@code message}. */
    public DeviceException(String message) {
        super(message);
    }

    /** A failure described by {@code message}, brought about by {@code cause}. */
    public DeviceException(String message, Throwable cause) {
        super(message, cause);
    }
}
