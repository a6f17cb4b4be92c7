package io.cyphonic.engine.config;

import io.cyphonic.signaling.protocol.Id128;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;

/**
 * What the cloud assigned to this node when it joined; it never changes.
 *
 * @param fqdn the node's name, lower case, without a dot at the end
 * @param zone the zone the name is in
 * @param ipv4PrefixLength of the overlay's IPv4 network
 * @param ipv6PrefixLength of the overlay's IPv6 network
 */
public record Membership(
        Id128 nodeId,
        String fqdn,
        String zone,
        Inet4Address virtualIpv4,
        int ipv4PrefixLength,
        Inet6Address virtualIpv6,
        int ipv6PrefixLength) {

    /** Whether an address is one of the overlay's. */
    public boolean isVirtual(InetAddress address) {
        return address instanceof Inet4Address
                ? samePrefix(address, virtualIpv4, ipv4PrefixLength)
                : samePrefix(address, virtualIpv6, ipv6PrefixLength);
    }

    /** Whether an address is this node's own virtual address. */
    public boolean isOwn(InetAddress address) {
        return address.equals(virtualIpv4) || address.equals(virtualIpv6);
    }

    private static boolean samePrefix(InetAddress a, InetAddress b, int prefixLength) {
        byte[] left = a.getAddress();
        byte[] right = b.getAddress();
        for (int bit = 0; bit < prefixLength; bit++) {
            int mask = 0x80 >>> (bit & 7);
            if (((left[bit >>> 3] ^ right[bit >>> 3]) & mask) != 0) {
                return false;
            }
        }
        return true;
    }
}
