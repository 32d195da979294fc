package io.bignode.engine;

/** A device has no memory left for what was asked; it works on, and may have memory once something else on it was closed. */
public final class DeviceMemoryException extends DeviceException {
    private static final long serialVersionUID = 1L;

    /** A shortage described by {@code message}. */
    public DeviceMemoryException(String message) {
        super(message);
    }
}
