package io.cyphonic.signaling.registry;

import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.sbe.CandidateKind;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;

/** Values the registry tests share. */
public final class RegistrySamples {
    private RegistrySamples() {}

    /** 10.121.0.0/16 and fd00:121::/64 under cyphonic.internal. */
    public static OverlayNetwork network() {
        return new OverlayNetwork(
                "cyphonic.internal",
                (Inet4Address) address("10.121.0.0"),
                16,
                (Inet6Address) address("fd00:121::"),
                64);
    }

    /** A literal address. */
    public static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(literal, e);
        }
    }

    /** An identifier made from a number. */
    public static Id128 id(long number) {
        return new Id128(1, number);
    }

    /** A hash made from a number. */
    public static byte[] hash(int number) {
        final byte[] hash = new byte[RegistryStateMachine.HASH_LENGTH];
        Arrays.fill(hash, (byte) number);
        return hash;
    }

    /** A registration seen over IPv4, with one local candidate. */
    public static NodeRecord.Registration overIpv4(long loginId, long counter, int port) {
        return new NodeRecord.Registration(
                loginId,
                counter,
                new InetSocketAddress(address("192.0.2.1"), port),
                null,
                candidates(port),
                0);
    }

    /** A registration seen over IPv6, with one local candidate. */
    public static NodeRecord.Registration overIpv6(long loginId, long counter, int port) {
        return new NodeRecord.Registration(
                loginId,
                counter,
                null,
                new InetSocketAddress(address("2001:db8::1"), port),
                candidates(port),
                0);
    }

    private static List<Candidate> candidates(int port) {
        return List.of(
                new Candidate(
                        new InetSocketAddress(address("10.0.0.1"), port), CandidateKind.LOCAL));
    }
}
