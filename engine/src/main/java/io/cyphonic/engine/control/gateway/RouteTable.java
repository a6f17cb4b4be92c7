package io.cyphonic.engine.control.gateway;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/** Reads {@code /proc/net/route} (route(8), proc(5)). Pure; any text is safe. */
final class RouteTable {
    private static final int MAX_LINES = 4096;
    private static final int UP_AND_GATEWAY = 0x3;

    /**
     * A default route.
     *
     * @param interfaceName where it leads
     * @param gateway its next hop
     */
    record DefaultRoute(String interfaceName, Inet4Address gateway) {}

    private RouteTable() {}

    /**
     * The default route with the smallest metric.
     *
     * @param except an interface that does not count: that of the overlay
     */
    static Optional<DefaultRoute> defaultRoute(String table, String except) {
        DefaultRoute best = null;
        long bestMetric = Long.MAX_VALUE;
        for (String line : table.lines().skip(1).limit(MAX_LINES).toList()) {
            String[] fields = line.trim().split("\\s+");
            if (fields.length < 8 || fields[0].equals(except)) {
                continue;
            }
            long destination = number(fields[1], 16);
            long gateway = number(fields[2], 16);
            long flags = number(fields[3], 16);
            long metric = number(fields[6], 10);
            long mask = number(fields[7], 16);
            if (destination == 0
                    && mask == 0
                    && gateway > 0
                    && metric >= 0
                    && (flags & UP_AND_GATEWAY) == UP_AND_GATEWAY
                    && metric < bestMetric) {
                bestMetric = metric;
                best = new DefaultRoute(fields[0], address(gateway));
            }
        }
        return Optional.ofNullable(best);
    }

    /** At most 32 bits; negative if it is no number. */
    private static long number(String text, int radix) {
        try {
            long number = Long.parseLong(text, radix);
            return number > 0xFFFF_FFFFL ? -1 : number;
        } catch (NumberFormatException _) {
            return -1;
        }
    }

    /** The kernel prints the bytes of the address as a number of the host: little-endian. */
    private static Inet4Address address(long value) {
        byte[] bytes = {
            (byte) value, (byte) (value >>> 8), (byte) (value >>> 16), (byte) (value >>> 24)
        };
        try {
            return (Inet4Address) InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new AssertionError("four bytes are an address", e);
        }
    }
}
