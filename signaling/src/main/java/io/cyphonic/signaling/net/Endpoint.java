package io.cyphonic.signaling.net;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/**
 * Where a peer may be reached on the underlay: an address and a port, kept in the very bytes the
 * kernel wants ({@code struct sockaddr_in}, {@code struct sockaddr_in6}; see ip(7), ipv6(7)).
 * Immutable and made once per change of address, so that sending needs no conversion.
 *
 * <p>Sockets are bound per family, so an IPv4 endpoint is never written as an IPv4-mapped IPv6
 * address.
 */
public final class Endpoint {
    /** {@code AF_INET}. */
    public static final int FAMILY_IPV4 = 2;

    /** {@code AF_INET6}. */
    public static final int FAMILY_IPV6 = 10;

    /** {@code sizeof(struct sockaddr_in)}. */
    public static final int SOCKADDR_IPV4_LENGTH = 16;

    /** {@code sizeof(struct sockaddr_in6)}. */
    public static final int SOCKADDR_IPV6_LENGTH = 28;

    private final byte[] sockaddr;
    private final int hash;

    private Endpoint(byte[] sockaddr) {
        this.sockaddr = sockaddr;
        this.hash = Arrays.hashCode(sockaddr);
    }

    /** The endpoint of a resolved address and port; keeps the scope of link-local addresses. */
    public static Endpoint of(InetSocketAddress address) {
        byte[] raw = address.getAddress().getAddress();
        boolean ipv4 = raw.length == 4;
        byte[] sockaddr = new byte[ipv4 ? SOCKADDR_IPV4_LENGTH : SOCKADDR_IPV6_LENGTH];
        // sa_family is in host byte order; every platform of this project is little-endian.
        sockaddr[0] = (byte) (ipv4 ? FAMILY_IPV4 : FAMILY_IPV6);
        sockaddr[2] = (byte) (address.getPort() >>> 8);
        sockaddr[3] = (byte) address.getPort();
        System.arraycopy(raw, 0, sockaddr, ipv4 ? 4 : 8, raw.length);
        if (address.getAddress() instanceof java.net.Inet6Address ipv6 && ipv6.getScopeId() != 0) {
            int scope = ipv6.getScopeId();
            sockaddr[24] = (byte) scope;
            sockaddr[25] = (byte) (scope >>> 8);
            sockaddr[26] = (byte) (scope >>> 16);
            sockaddr[27] = (byte) (scope >>> 24);
        }
        return new Endpoint(sockaddr);
    }

    /**
     * The endpoint in a sockaddr that the kernel filled.
     *
     * @param buffer holds the sockaddr at {@code offset}; copied
     * @param length bytes the kernel wrote
     * @return the endpoint, or {@code null} if it is of neither family
     */
    public static Endpoint ofSockaddr(byte[] buffer, int offset, int length) {
        int family = length < 2 ? 0 : buffer[offset] & 0xFF;
        if (family == FAMILY_IPV4 && length >= SOCKADDR_IPV4_LENGTH) {
            return new Endpoint(Arrays.copyOfRange(buffer, offset, offset + SOCKADDR_IPV4_LENGTH));
        }
        if (family == FAMILY_IPV6 && length >= SOCKADDR_IPV6_LENGTH) {
            byte[] sockaddr = Arrays.copyOfRange(buffer, offset, offset + SOCKADDR_IPV6_LENGTH);
            // The flow label is not part of the identity of an endpoint.
            Arrays.fill(sockaddr, 4, 8, (byte) 0);
            return new Endpoint(sockaddr);
        }
        return null;
    }

    /** The sockaddr; must not be changed. */
    public byte[] sockaddr() {
        return sockaddr;
    }

    /** Whether this is an IPv4 endpoint. */
    public boolean isIpv4() {
        return sockaddr.length == SOCKADDR_IPV4_LENGTH;
    }

    /** The port, 0 to 65535. */
    public int port() {
        return (sockaddr[2] & 0xFF) << 8 | sockaddr[3] & 0xFF;
    }

    /** The same endpoint for java.net. */
    public InetSocketAddress toSocketAddress() {
        int offset = isIpv4() ? 4 : 8;
        byte[] raw = Arrays.copyOfRange(sockaddr, offset, offset + (isIpv4() ? 4 : 16));
        try {
            int scope = isIpv4() ? 0 : sockaddr[24] & 0xFF | (sockaddr[25] & 0xFF) << 8;
            InetAddress address =
                    scope == 0
                            ? InetAddress.getByAddress(raw)
                            : java.net.Inet6Address.getByAddress(null, raw, scope);
            return new InetSocketAddress(address, port());
        } catch (UnknownHostException e) {
            throw new AssertionError("an address of 4 or 16 bytes is always legal", e);
        }
    }

    /** Whether this endpoint is the sockaddr in {@code buffer}; does not allocate. */
    public boolean matches(byte[] buffer, int offset, int length) {
        if (length < sockaddr.length
                || buffer[offset] != sockaddr[0]
                || !Arrays.equals(buffer, offset + 2, offset + 4, sockaddr, 2, 4)) {
            return false;
        }
        return isIpv4()
                ? Arrays.equals(buffer, offset + 4, offset + 8, sockaddr, 4, 8)
                : Arrays.equals(buffer, offset + 8, offset + 28, sockaddr, 8, 28);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Endpoint that && Arrays.equals(sockaddr, that.sockaddr);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /** {@code 192.0.2.1:7447} or {@code [2001:db8::1]:7447}. */
    @Override
    public String toString() {
        return AddressText.format(toSocketAddress());
    }
}
