package io.cyphonic.engine.control.policy;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Guesses the next ports of a NAT that gives every destination another one (RFC 4787, section 4.1:
 * address and port-dependent mapping). A NAT that counts up, by one or by a few, is found out; one
 * that draws ports at random is not, and no number of probes would help for certain: so there are
 * few. Pure.
 */
public final class PortPrediction {
    /** Most guesses. */
    public static final int MAX_GUESSES = 16;

    private static final int MAX_STEP = 64;
    private static final int FIRST_DYNAMIC_PORT = 1024;
    private static final int LAST_PORT = 65_535;

    private PortPrediction() {}

    /**
     * Guesses where the peer's NAT will let us in.
     *
     * @param observed addresses at which others have seen the peer
     * @return nothing, unless one IPv4 address was seen with several ports
     */
    public static List<InetSocketAddress> guess(List<InetSocketAddress> observed) {
        for (InetSocketAddress first : observed) {
            InetAddress address = first.getAddress();
            TreeSet<Integer> ports = new TreeSet<>();
            observed.stream()
                    .filter(each -> each.getAddress().equals(address))
                    .forEach(each -> ports.add(each.getPort()));
            if (address instanceof Inet4Address && ports.size() > 1) {
                return guess(address, ports);
            }
        }
        return List.of();
    }

    private static List<InetSocketAddress> guess(InetAddress address, TreeSet<Integer> ports) {
        Set<Integer> guesses = new LinkedHashSet<>();
        int step = step(ports);
        if (step == 0) {
            return List.of();
        }
        for (int i = 1; guesses.size() < MAX_GUESSES && i <= MAX_GUESSES; i++) {
            add(guesses, ports.last() + i * step);
            if (i <= 2) {
                add(guesses, ports.first() - i * step);
            }
        }
        guesses.removeAll(ports);
        List<InetSocketAddress> result = new ArrayList<>();
        guesses.stream()
                .limit(MAX_GUESSES)
                .forEach(port -> result.add(new InetSocketAddress(address, port)));
        return result;
    }

    /** The smallest distance, if it is small enough to be no chance; else 0. */
    private static int step(TreeSet<Integer> ports) {
        int step = MAX_STEP + 1;
        Integer before = null;
        for (Integer port : ports) {
            step = before == null ? step : Math.min(step, port - before);
            before = port;
        }
        return step > MAX_STEP ? 0 : step;
    }

    private static void add(Set<Integer> guesses, int port) {
        if (port >= FIRST_DYNAMIC_PORT && port <= LAST_PORT) {
            guesses.add(port);
        }
    }
}
