package io.bignode.delivery;

import java.net.InetAddress;
import java.util.Set;

/** A list of hosts for tests: names that may be called at any port, and addresses. */
record Hosts(Set<String> names, Set<String> addresses) implements CallbackHosts {
    /** {@code callback.example}, which may be at 127.0.0.1. */
    static Hosts example() {
        return new Hosts(Set.of("callback.example"), Set.of("127.0.0.1"));
    }

    @Override
    public boolean none() {
        return names.isEmpty();
    }

    @Override
    public boolean allows(String host, int port) {
        return names.contains(host);
    }

    @Override
    public boolean lists(InetAddress address, int port) {
        return addresses.contains(address.getHostAddress());
    }
}
