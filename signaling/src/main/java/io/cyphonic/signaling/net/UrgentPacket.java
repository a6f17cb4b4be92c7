package io.cyphonic.signaling.net;

/**
 * Which packets of a host are urgent: somebody waits for each, and they are few. So they are told
 * apart from bulk on both ends of a tunnel.
 *
 * <ul>
 *   <li>ICMP, and ICMPv6 without extension headers.
 *   <li>What the host has marked (RFC 2474) as low-latency data (AF21, RFC 4594: a session of ssh),
 *       telephony (VOICE-ADMIT, RFC 5865; EF, RFC 3246) or network control (CS6, RFC 4594).
 * </ul>
 *
 * <p>All packets of a flow are urgent or none is, as long as the host does not mark it anew: so
 * urgent packets may overtake others without a flow being out of order. Static; does not allocate.
 */
public final class UrgentPacket {
    /** Protocol number of ICMP. */
    public static final int ICMP = 1;

    /** Protocol number of ICMPv6. */
    public static final int ICMPV6 = 58;

    private static final int AF21 = 18;
    private static final int VOICE_ADMIT = 44;
    private static final int EF = 46;
    private static final int CS6 = 48;

    /** The code points, one bit each. */
    private static final long MARKS = 1L << AF21 | 1L << VOICE_ADMIT | 1L << EF | 1L << CS6;

    // RFC 791, section 3.1, and RFC 8200, section 3.
    private static final int IPV4_TYPE_OF_SERVICE = 1;
    private static final int IPV4_PROTOCOL = 9;
    private static final int IPV6_NEXT_HEADER = 6;

    private UrgentPacket() {}

    /** Whether packets with this code point (DSCP, 0 to 63) are urgent. */
    public static boolean isMark(int codePoint) {
        return (MARKS >>> codePoint & 1) != 0;
    }

    /**
     * Whether a packet is urgent.
     *
     * @param headers with the whole header of IPv4 or IPv6, without options, from {@code at} on
     */
    public static boolean is(byte[] headers, int at) {
        if (headers[at] >>> 4 == 4) {
            return (headers[at + IPV4_PROTOCOL] & 0xFF) == ICMP
                    || isMark((headers[at + IPV4_TYPE_OF_SERVICE] & 0xFF) >>> 2);
        }
        int trafficClass = headers[at] << 4 & 0xF0 | headers[at + 1] >>> 4 & 0x0F;
        return (headers[at + IPV6_NEXT_HEADER] & 0xFF) == ICMPV6 || isMark(trafficClass >>> 2);
    }
}
