package io.cyphonic.engine.simulation;

import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * How a gateway behaves, in the words of RFC 4787.
 *
 * @param mapping on what the external port of an internal endpoint depends (section 4.1)
 * @param filtering from whom it lets packets in (section 5)
 * @param ports how it chooses external ports (section 4.2)
 * @param timeoutNanos how long an unused mapping lives (section 4.3)
 * @param inboundRefresh whether packets from outside keep a mapping alive too
 * @param hairpinning whether internal hosts reach each other at their external endpoints (section
 *     6)
 */
record NatBehaviour(
        Depends mapping,
        Depends filtering,
        Ports ports,
        long timeoutNanos,
        boolean inboundRefresh,
        boolean hairpinning) {
    static final NatBehaviour FULL_CONE = of(Depends.ON_NOTHING, Depends.ON_NOTHING);
    static final NatBehaviour ADDRESS_RESTRICTED = of(Depends.ON_NOTHING, Depends.ON_ADDRESS);
    static final NatBehaviour PORT_RESTRICTED = of(Depends.ON_NOTHING, Depends.ON_ADDRESS_AND_PORT);
    static final NatBehaviour SYMMETRIC =
            new NatBehaviour(
                    Depends.ON_ADDRESS_AND_PORT,
                    Depends.ON_ADDRESS_AND_PORT,
                    Ports.RANDOM,
                    TimeUnit.SECONDS.toNanos(120),
                    true,
                    false);

    /** A part of the other endpoint. */
    enum Depends {
        ON_NOTHING,
        ON_ADDRESS,
        ON_ADDRESS_AND_PORT
    }

    /** How external ports are chosen. */
    enum Ports {
        PRESERVED,
        SEQUENTIAL,
        RANDOM
    }

    private static NatBehaviour of(Depends mapping, Depends filtering) {
        return new NatBehaviour(
                mapping, filtering, Ports.PRESERVED, TimeUnit.SECONDS.toNanos(120), true, false);
    }

    /** One of those that are found in homes and at providers. */
    static NatBehaviour any(Random random) {
        Depends[] depends = Depends.values();
        boolean endpointIndependent = random.nextInt(4) > 0;
        Depends mapping = endpointIndependent ? Depends.ON_NOTHING : depends[1 + random.nextInt(2)];
        Ports ports =
                endpointIndependent
                        ? Ports.values()[random.nextInt(3)]
                        : Ports.values()[1 + random.nextInt(2)];
        Depends filtering =
                endpointIndependent ? depends[random.nextInt(3)] : Depends.ON_ADDRESS_AND_PORT;
        return new NatBehaviour(
                mapping,
                filtering,
                ports,
                TimeUnit.SECONDS.toNanos(30 + random.nextInt(270)),
                random.nextBoolean(),
                random.nextInt(3) == 0);
    }

    /** A firewall without translation; its filtering is always the strictest. */
    static NatBehaviour firewall(Random random) {
        return new NatBehaviour(
                Depends.ON_NOTHING,
                Depends.ON_ADDRESS_AND_PORT,
                Ports.PRESERVED,
                TimeUnit.SECONDS.toNanos(30 + random.nextInt(270)),
                true,
                false);
    }

    boolean isEndpointIndependent() {
        return mapping == Depends.ON_NOTHING;
    }
}
