package io.bignode.config;

import java.math.BigInteger;
import java.net.InetAddress;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A host that may be called back: a name, or a network of addresses.
 *
 * @param name    a host name in lower case; empty for a network
 * @param network the network's first address; empty for a name
 * @param prefix  how many of its bits are the network's
 * @param port    the only port that may be called; 0 for any
 */
record AllowedHost(String name, Optional<InetAddress> network, int prefix, int port) {
    private static final Pattern BRACKETS = Pattern.compile("\\[([0-9a-fA-F:.]+)](?::([0-9]{1,5}))?");
    private static final Pattern NAME = Pattern.compile("(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\\.)*[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?");
    private static final Pattern IPV4 = Pattern.compile("[0-9]{1,3}(?:\\.[0-9]{1,3}){3}");

    /**
     * Reads {@code host}, {@code host:port}, {@code 10.0.0.5}, {@code 10.0.0.0/8}, {@code [2001:db8::1]:443} or {@code 2001:db8::/32}.
     *
     * @return empty when it is none of these
     */
    static Optional<AllowedHost> parse(String text) {
        Matcher brackets = BRACKETS.matcher(text);
        if (brackets.matches()) return address(brackets.group(1), "", port(brackets.group(2)));
        int slash = text.indexOf('/');
        if (slash > 0) return address(text.substring(0, slash), text.substring(slash + 1), 0);
        if (text.indexOf(':') != text.lastIndexOf(':')) return address(text, "", 0);
        int colon = text.indexOf(':');
        String host = colon < 0 ? text : text.substring(0, colon);
        int port = colon < 0 ? 0 : port(text.substring(colon + 1));
        if (port < 0) return Optional.empty();
        if (IPV4.matcher(host).matches()) return address(host, "", port);
        // A last label of digits would be read as an address, in one of the many old ways to write one.
        boolean name = NAME.matcher(host).matches() && host.length() <= 253 && !host.matches("(?:.*\\.)?(?:[0-9]+|0[xX][0-9a-fA-F]*)");
        return name ? Optional.of(new AllowedHost(host.toLowerCase(Locale.ROOT), Optional.empty(), 0, port)) : Optional.empty();
    }

    /** Whether a URL may name this host. */
    boolean allows(String host, int calledPort) {
        if (port != 0 && port != calledPort) return false;
        if (network.isEmpty()) return name.equalsIgnoreCase(host);
        return literal(host).filter(this::holds).isPresent();
    }

    /** Whether this is a network, or an address, that holds an address. */
    boolean lists(InetAddress address, int calledPort) {
        return (port == 0 || port == calledPort) && holds(address);
    }

    private boolean holds(InetAddress address) {
        if (network.isEmpty()) return false;
        byte[] own = network.get().getAddress();
        byte[] other = address.getAddress();
        if (own.length != other.length) return false;
        BigInteger difference = new BigInteger(1, own).xor(new BigInteger(1, other));
        return difference.bitLength() <= 8 * own.length - prefix;
    }

    private static Optional<AllowedHost> address(String text, String prefix, int port) {
        Optional<InetAddress> address = literal(text);
        if (address.isEmpty() || port < 0) return Optional.empty();
        int bits = address.get().getAddress().length * 8;
        if (!prefix.matches("[0-9]{0,3}")) return Optional.empty();
        int wanted = prefix.isEmpty() ? bits : Integer.parseInt(prefix);
        return wanted <= bits ? Optional.of(new AllowedHost("", address, wanted, port)) : Optional.empty();
    }

    private static Optional<InetAddress> literal(String text) {
        String plain = text.startsWith("[") && text.endsWith("]") ? text.substring(1, text.length() - 1) : text;
        if (!IPV4.matcher(plain).matches() && (plain.indexOf(':') < 0 || plain.indexOf('%') >= 0)) return Optional.empty();
        try {
            return Optional.of(InetAddress.ofLiteral(plain));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static int port(@Nullable String digits) {
        if (digits == null) return 0;
        int port = digits.matches("[0-9]{1,5}") ? Integer.parseInt(digits) : 0;
        return port >= 1 && port <= 65_535 ? port : -1;
    }
}
