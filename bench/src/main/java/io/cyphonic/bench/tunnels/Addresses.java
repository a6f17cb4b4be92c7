package io.cyphonic.bench.tunnels;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** Numbered virtual addresses: 10.NETWORK.x.y. */
record Addresses(int network) {
    byte[] of(int number) {
        return new byte[] {10, (byte) network, (byte) (number >> 8), (byte) number};
    }

    Inet4Address inet(int number) {
        try {
            return (Inet4Address) InetAddress.getByAddress(of(number));
        } catch (UnknownHostException e) {
            throw new AssertionError("four bytes are an address", e);
        }
    }

    int numberOf(byte[] packet, int at) {
        return (packet[at + 2] & 0xFF) << 8 | packet[at + 3] & 0xFF;
    }
}
