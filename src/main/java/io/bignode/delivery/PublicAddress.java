package io.bignode.delivery;

import java.math.BigInteger;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * Tells addresses of the public Internet from all others: this host, private networks, those of a cloud's metadata services, and addresses
 * in which another one is hidden. After IANA's special-purpose registries.
 */
final class PublicAddress {
    private record Network(byte[] first, int prefix) {
        static Network of(String hex, int prefix) {
            return new Network(HexFormat.of().parseHex(hex), prefix);
        }

        boolean holds(byte[] address) {
            if (address.length < first.length) return false;
            BigInteger difference = new BigInteger(1, address).xor(new BigInteger(1, Arrays.copyOf(first, address.length)));
            return difference.bitLength() <= 8 * address.length - prefix;
        }
    }

    private static final List<Network> NOT_PUBLIC_4 = List.of(
            Network.of("00000000", 8), // this network
            Network.of("0a000000", 8), // private
            Network.of("64400000", 10), // 100.64/10, carrier-grade NAT
            Network.of("7f000000", 8), // loopback
            Network.of("a9fe0000", 16), // link-local, clouds' metadata
            Network.of("a83f8110", 32), // 168.63.129.16, a cloud's metadata
            Network.of("ac100000", 12), // private
            Network.of("c0000000", 24), // protocol assignments, a cloud's metadata
            Network.of("c0000200", 24), // documentation
            Network.of("c0586300", 24), // 6to4 relays
            Network.of("c0a80000", 16), // private
            Network.of("c6120000", 15), // benchmarks
            Network.of("c6336400", 24), // documentation
            Network.of("cb007100", 24), // documentation
            Network.of("e0000000", 3)); // multicast, reserved, broadcast

    /** All that is public is here. */
    private static final Network GLOBAL_6 = Network.of("2000", 3);

    private static final List<Network> NOT_PUBLIC_6 = List.of(
            Network.of("20010000", 23), // protocol assignments, Teredo
            Network.of("20010db8", 32), // documentation
            Network.of("2002", 16), // 6to4: holds an IPv4 address
            Network.of("3fff00", 20)); // documentation

    private PublicAddress() {}

    /** Whether anybody on the Internet could be at an address. */
    static boolean is(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (address instanceof Inet4Address) return NOT_PUBLIC_4.stream().noneMatch(network -> network.holds(bytes));
        return GLOBAL_6.holds(bytes) && NOT_PUBLIC_6.stream().noneMatch(network -> network.holds(bytes));
    }

    /** Whether an address is nobody's at all, so that it is not even called when it is on the list. */
    static boolean isNobodys(InetAddress address) {
        byte first = address.getAddress()[0];
        boolean reserved = address instanceof Inet4Address && (first & 0xf0) == 0xf0;
        return address.isAnyLocalAddress() || address.isMulticastAddress() || reserved || address instanceof Inet4Address && first == 0;
    }
}
