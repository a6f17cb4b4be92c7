package io.cyphonic.engine.simulation;

import io.cyphonic.engine.simulation.Host.Interface;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Where a node can be: a segment with addresses to give away. */
final class Place {
    private final Kind kind;
    private final Segment segment;
    private final int number;
    private final boolean ipv4;
    private final boolean ipv6;
    private final int privateNet;
    private int given;

    /** What a place is like. */
    enum Kind {
        /** On the backbone, both families. */
        PUBLIC,
        /** On the backbone, IPv4 only. */
        PUBLIC_IPV4,
        /** Behind one NAT, IPv4 only. */
        HOME,
        /** Behind one NAT, with untranslated IPv6 behind a firewall. */
        DUAL_HOME,
        /** Behind a NAT behind a NAT. */
        DOUBLE_NAT,
        /** IPv6 behind a firewall, and nothing else. */
        IPV6_ONLY,
        /** Public IPv4 behind a firewall. */
        FIREWALL
    }

    /** Builds a place; its number makes its addresses unique. */
    Place(Internet internet, Random random, Kind kind, int number) {
        this(internet, random, kind, number, NatBehaviour.any(random));
    }

    /** Builds a place behind a given NAT. */
    Place(Internet internet, Random random, Kind kind, int number, NatBehaviour nat) {
        this.kind = kind;
        this.number = number;
        this.privateNet = random.nextInt(3);
        this.ipv4 = kind != Kind.IPV6_ONLY;
        this.ipv6 = kind == Kind.PUBLIC || kind == Kind.DUAL_HOME || kind == Kind.IPV6_ONLY;
        Segment backbone = internet.backbone();
        NatBehaviour firewall = NatBehaviour.firewall(random);
        this.segment =
                switch (kind) {
                    case PUBLIC, PUBLIC_IPV4 -> backbone;
                    case FIREWALL, IPV6_ONLY ->
                            new Gateway(internet, random, backbone, null, nat, firewall).inside();
                    case HOME, DUAL_HOME ->
                            new Gateway(internet, random, backbone, publicIpv4(), nat, firewall)
                                    .inside();
                    case DOUBLE_NAT -> {
                        NatBehaviour carrier = NatBehaviour.any(random);
                        Gateway outer =
                                new Gateway(
                                        internet,
                                        random,
                                        backbone,
                                        publicIpv4(),
                                        carrier,
                                        firewall);
                        yield new Gateway(
                                        internet,
                                        random,
                                        outer.inside(),
                                        ipv4(100, 64, number, 1),
                                        nat,
                                        firewall)
                                .inside();
                    }
                };
    }

    Kind kind() {
        return kind;
    }

    Segment segment() {
        return segment;
    }

    /** Addresses for one more host. */
    List<Interface> join() {
        int host = 2 + given++;
        List<Interface> interfaces = new ArrayList<>();
        boolean translated = segment.uplink() != null && segment.uplink().translates();
        if (ipv4) {
            interfaces.add(
                    new Interface(
                            segment,
                            translated
                                    ? ipv4(192, 168, privateNet, host % 250 + 2)
                                    : ipv4(198, 18, number, host % 250 + 2)));
        }
        if (ipv6) {
            interfaces.add(new Interface(segment, ipv6(number, host)));
        }
        return interfaces;
    }

    /** Another public address of the outermost gateway. */
    Inet4Address publicIpv4() {
        return ipv4(203, 0, number, 1 + given++ % 250);
    }

    static Inet4Address ipv4(int a, int b, int c, int d) {
        return (Inet4Address) address(new byte[] {(byte) a, (byte) b, (byte) c, (byte) d});
    }

    static Inet6Address ipv6(int site, int host) {
        byte[] bytes = new byte[16];
        bytes[0] = 0x20;
        bytes[1] = 0x01;
        bytes[2] = 0x0D;
        bytes[3] = (byte) 0xB8;
        bytes[5] = (byte) site;
        bytes[14] = (byte) (host >> 8);
        bytes[15] = (byte) host;
        return (Inet6Address) address(bytes);
    }

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new AssertionError("4 or 16 bytes", e);
        }
    }

    @Override
    public String toString() {
        List<String> nats = new ArrayList<>();
        for (Gateway gateway : Gateway.above(segment)) {
            nats.add(
                    gateway.translates()
                            ? "%s/%s/%s %d s"
                                    .formatted(
                                            gateway.nat().mapping(),
                                            gateway.nat().filtering(),
                                            gateway.nat().ports(),
                                            gateway.nat().timeoutNanos() / 1_000_000_000)
                            : "firewall");
        }
        return kind + " " + number + (nats.isEmpty() ? "" : " " + nats);
    }
}
