package io.cyphonic.engine.control.mtu;

import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.CapsuleHeader;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The sizes that come into question on a path, as bytes of the inner packet.
 *
 * @param floor nothing smaller is tried
 * @param base fits a path of 1280 bytes, the minimum MTU of IPv6: passes nearly everywhere
 * @param ceiling the smaller MTU of the two virtual interfaces: nothing larger is wanted
 * @param ladder from base to ceiling, rising: what underlays usually carry, and the ceiling
 */
public record PathSizes(int floor, int base, int ceiling, List<Integer> ladder) {
    /** UDP over IPv4 (RFC 768, RFC 791). */
    public static final int IPV4_OVERHEAD = 28;

    /** UDP over IPv6 (RFC 8200). */
    public static final int IPV6_OVERHEAD = 48;

    /** Packets of an underlay that carries less are no use to anybody. */
    private static final int FLOOR = 576;

    private static final int BASE_UNDERLAY = 1280;

    /**
     * MTUs of networks: tunnels and mobile networks (1340 to 1480), PPPoE, Ethernet, and between it
     * and jumbo frames.
     */
    private static final int[] UNDERLAYS = {
        BASE_UNDERLAY, 1340, 1380, 1400, 1420, 1440, 1460, 1480, 1492, 1500, 4000, 9000
    };

    /**
     * The sizes for a path.
     *
     * @param overhead bytes that IP, UDP, capsule and perhaps a relay add to an inner packet
     * @param innerMtu the smaller MTU of the two virtual interfaces
     */
    public static PathSizes of(int overhead, int innerMtu) {
        int floor = Math.min(FLOOR, innerMtu);
        int base = Math.clamp(BASE_UNDERLAY - overhead, floor, innerMtu);
        List<Integer> ladder = new ArrayList<>();
        for (int underlay : UNDERLAYS) {
            int size = underlay - overhead;
            if (size >= base && size < innerMtu) {
                ladder.add(size);
            }
        }
        ladder.add(innerMtu);
        return new PathSizes(floor, base, innerMtu, Collections.unmodifiableList(ladder));
    }

    /**
     * What a path adds to an inner packet.
     *
     * @param extra bytes of a relay's header, 0 on a direct path
     */
    public static int overhead(Endpoint to, int extra) {
        return CapsuleHeader.OVERHEAD + extra + (to.isIpv4() ? IPV4_OVERHEAD : IPV6_OVERHEAD);
    }
}
