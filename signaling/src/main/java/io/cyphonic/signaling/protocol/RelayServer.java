package io.cyphonic.signaling.protocol;

import java.net.InetSocketAddress;

/**
 * A relay (TRS) as nodes and the NMS know it. At least one of the addresses is there.
 *
 * @param id 1 to 65535; names the relay within its cloud
 * @param ipv4 where it takes UDP over IPv4, or {@code null}
 * @param ipv6 where it takes UDP over IPv6, or {@code null}
 * @param tlsPort TCP port of its TLS gateway at the same addresses; 0 if it has none
 */
public record RelayServer(int id, InetSocketAddress ipv4, InetSocketAddress ipv6, int tlsPort) {
    /** Most relays that one cloud announces. */
    public static final int MAX_RELAYS = 16;

    /** The address of that family, or {@code null}. */
    public InetSocketAddress address(boolean wantIpv4) {
        return wantIpv4 ? ipv4 : ipv6;
    }
}
