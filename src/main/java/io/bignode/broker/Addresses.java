package io.bignode.broker;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The addresses of messages.
 *
 * <p>Workers write to one durable queue, the head's. Each connection of a worker, a link, has queues that live as long as it does: one for
 * the head's messages and one for each device's leases. A lease that outlived its link could only be computed twice.
 */
final class Addresses {
    /** Workers' messages to the head. */
    static final String HEAD = "bignode.head";

    /** The head's messages to all workers at once. */
    static final String WORKERS = "bignode.workers";

    /** The addresses of one worker begin with this, its name and a dot. */
    static final String WORKER = "bignode.worker.";

    /** Tells which link of a worker sent a message. */
    static final String LINK = "bignode_link";

    /** Tells which worker sent a message, where the broker does not vouch for it. */
    static final String SENDER = "bignode_worker";

    /** Tells which version of the protocol a message's sender speaks. */
    static final String PROTOCOL = "bignode_protocol";

    /** The CRC-32C of a message's body: a journal may be damaged on disk, and a wrong digit is as well formed as the right one. */
    static final String CHECKSUM = "bignode_crc32c";

    /** Tells which version of the program a worker is. */
    static final String PROGRAM = "bignode_program";

    /** Tells a worker's process from others of the same name. */
    static final String PROCESS = "bignode_process";

    /** A message about the link alone. */
    static final String WORD = "bignode_word";

    private static final Pattern LINK_NAME = Pattern.compile(Pattern.quote(WORKER) + "([a-z0-9-]+)\\.[0-9a-f]+");

    private Addresses() {}

    /** The name of a new link, which no link had before. */
    static String newLink(String worker) {
        return WORKER + worker + "." + digits();
    }

    /** The worker that a link belongs to; empty when the name is not one of a link. */
    static Optional<String> workerOf(String link) {
        Matcher matcher = LINK_NAME.matcher(link);
        return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    /** Random digits that name one thing alone. */
    static String digits() {
        byte[] bits = new byte[8];
        new SecureRandom().nextBytes(bits);
        return HexFormat.of().formatHex(bits);
    }

    /** Whether an address belongs to this worker. */
    static boolean ownedBy(String worker, String address) {
        return address.startsWith(WORKER + worker + ".");
    }

    /** The address of a device's leases. */
    static String leases(String link, String device) {
        return link + "." + device.replace(':', '-');
    }

    /** The link's own queue of messages to all workers. */
    static String toAll(String link) {
        return link + ".all";
    }
}
