package io.bignode.delivery;

import java.net.InetAddress;

/** The operator's list of hosts that may be called back. */
public interface CallbackHosts {
    /** Whether nothing is on it, so that pushing is off. */
    boolean none();

    /** Whether a callback URL may name this host and port. */
    boolean allows(String host, int port);

    /** Whether this very address is on the list, by itself or in a network: then it may be called although it is no public one. */
    boolean lists(InetAddress address, int port);
}
