package io.bignode.session;

import java.util.Locale;

/** Where a session is in its life. */
public enum SessionStatus {
    /** No device has its model ready yet. */
    INITIALIZING,
    /** Devices compute for it. */
    GENERATING,
    /** Its small node stopped it. */
    STOPPED,
    /** Its time is over. */
    EXPIRED,
    /** The same work failed on the devices again and again. */
    ERROR;

    /** Whether no more leases are issued. */
    public boolean ended() {
        return this == STOPPED || this == EXPIRED || this == ERROR;
    }

    /** The word small nodes know: the name in lower case. */
    public String wire() {
        return name().toLowerCase(Locale.ROOT);
    }
}
