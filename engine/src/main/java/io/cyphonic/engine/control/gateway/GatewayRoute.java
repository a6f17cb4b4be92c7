package io.cyphonic.engine.control.gateway;

import java.net.Inet4Address;

/**
 * The way out of the host over IPv4.
 *
 * @param gateway next hop of the default route
 * @param interfaceName where it is
 * @param own this host's address there
 */
public record GatewayRoute(Inet4Address gateway, String interfaceName, Inet4Address own) {
    /**
     * Whether a NAT must be on the way: the own address is for private use or shared (RFC 6598).
     */
    public boolean isPrivate() {
        byte[] bytes = own.getAddress();
        return own.isSiteLocalAddress() || bytes[0] == 100 && (bytes[1] & 0xC0) == 64;
    }
}
