package io.bignode.engine;

/** A device can compute nothing more, with any model, until it is {@linkplain Engine#prepare opened anew}: its context is broken, or it hangs. */
public final class DeviceLostException extends DeviceException {
    private static final long serialVersionUID = 1L;

    /** A loss described by {@code message}. */
    public DeviceLostException(String message) {
        super(message);
    }

    /** A loss described by {@code message}, brought about by {@code cause}. */
    public DeviceLostException(String message, Throwable cause) {
        super(message, cause);
    }
}
