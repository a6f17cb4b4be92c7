package io.cyphonic.signaling.protocol;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/**
 * An IP address as the wire carries it: sixteen bytes, IPv4 as {@code ::ffff:a.b.c.d} (RFC 4291,
 * section 2.5.5.2), all zero for "none".
 *
 * @param high the first eight bytes, big-endian
 * @param low the last eight bytes, big-endian
 */
record MappedAddress(long high, long low) {
    private static final MappedAddress NONE = new MappedAddress(0, 0);
    private static final long IPV4_PREFIX = 0xFFFF_0000_0000L;

    static MappedAddress of(InetAddress address) {
        if (address == null) {
            return NONE;
        }
        ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
        return address instanceof Inet4Address
                ? new MappedAddress(0, IPV4_PREFIX | Integer.toUnsignedLong(bytes.getInt()))
                : new MappedAddress(bytes.getLong(), bytes.getLong());
    }

    /** The address, of the class of its family, without a scope; {@code null} for "none". */
    InetAddress toInetAddress() {
        if (high == 0 && low == 0) {
            return null;
        }
        byte[] bytes = ByteBuffer.allocate(2 * Long.BYTES).putLong(high).putLong(low).array();
        try {
            // Gives an Inet4Address for a mapped one.
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new AssertionError("sixteen bytes are an address", e);
        }
    }
}
