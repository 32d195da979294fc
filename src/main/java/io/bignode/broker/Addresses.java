package io.bignode.broker;

import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * Where messages go.
 *
 * <p>Workers write to one durable queue, the head's. Each connection of a worker, a link, has queues that live as long as it does: one for
 * the head's words and one for each device's leases. A lease that outlived its link could only be computed twice.
 */
final class Addresses {
    /** Workers' messages to the head. */
    static final String HEAD = "bignode.head";

    /** The head's words to all workers at once. */
    static final String WORKERS = "bignode.workers";

    /** Everything of one worker begins with this, its name and a dot. */
    static final String WORKER = "bignode.worker.";

    /** Tells which link of a worker sent a message. */
    static final String LINK = "bignode_link";

    /** Tells which worker sent a message, where the broker does not vouch for it. */
    static final String SENDER = "bignode_worker";

    private Addresses() {}

    /** A link that never was before. */
    static String newLink(String worker) {
        byte[] bits = new byte[8];
        new SecureRandom().nextBytes(bits);
        return WORKER + worker + "." + HexFormat.of().formatHex(bits);
    }

    /** Whether an address is one of this worker's own. */
    static boolean ownedBy(String worker, String address) {
        return address.startsWith(WORKER + worker + ".");
    }

    /** Where a device's leases go. */
    static String leases(String link, String device) {
        return link + "." + device.replace(':', '-');
    }

    /** The link's own queue of words to all. */
    static String toAll(String link) {
        return link + ".all";
    }
}
