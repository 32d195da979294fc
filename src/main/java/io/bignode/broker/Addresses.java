package io.bignode.broker;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

    /** Tells which version of the protocol a message's sender speaks. */
    static final String PROTOCOL = "bignode_protocol";

    /** The CRC-32C of a message's body: what lay in a journal may have been damaged there, and a wrong digit is as well formed as the right one. */
    static final String CHECKSUM = "bignode_crc32c";

    /** Tells which version of the program a worker is. */
    static final String PROGRAM = "bignode_program";

    /** Tells a worker's process from others of the same name. */
    static final String PROCESS = "bignode_process";

    /** What is said about the link alone. */
    static final String WORD = "bignode_word";

    private static final Pattern LINK_NAME = Pattern.compile(Pattern.quote(WORKER) + "([a-z0-9-]+)\\.[0-9a-f]+");

    private Addresses() {}

    /** A link that never was before. */
    static String newLink(String worker) {
        return WORKER + worker + "." + digits();
    }

    /** Whose link it is; empty when it is none. */
    static Optional<String> workerOf(String link) {
        Matcher matcher = LINK_NAME.matcher(link);
        return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    /** Digits that were drawn for one thing alone. */
    static String digits() {
        byte[] bits = new byte[8];
        new SecureRandom().nextBytes(bits);
        return HexFormat.of().formatHex(bits);
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
