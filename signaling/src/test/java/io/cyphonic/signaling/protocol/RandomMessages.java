package io.cyphonic.signaling.protocol;

import io.cyphonic.signaling.protocol.sbe.CandidateKind;
import io.cyphonic.signaling.protocol.sbe.Procedure;
import io.cyphonic.signaling.protocol.sbe.Status;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/** Control messages with random content within the limits, one of each kind. */
final class RandomMessages {
    private final Random random;

    RandomMessages(Random random) {
        this.random = random;
    }

    List<ControlMessage> oneOfEach() {
        return List.of(
                new ControlMessage.EnrolRequest(number(), id(), data(64), data(2000)),
                new ControlMessage.EnrolResponse(
                        status(),
                        number(),
                        id(),
                        ipv4(),
                        random.nextInt(33),
                        ipv6(),
                        random.nextInt(129),
                        text(),
                        text(),
                        data(2000)),
                new ControlMessage.LoginRequest(number(), data(2000)),
                new ControlMessage.LoginResponse(
                        status(),
                        number(),
                        id(),
                        number(),
                        number(),
                        number(),
                        random.nextInt(65535),
                        list(32, this::endpoint),
                        data(32),
                        data(4097),
                        list(16, this::relay)),
                new ControlMessage.RegistrationRequest(
                        number(),
                        list(16, this::candidate),
                        list(16, this::roundTrip),
                        maybe(),
                        number()),
                new ControlMessage.RegistrationResponse(
                        number(), status(), maybe(), number(), number()),
                new ControlMessage.KeepAlive(number()),
                new ControlMessage.KeepAliveAck(number(), status(), maybe(), number()),
                new ControlMessage.DirectionRequest(
                        number(), text(), random.nextBoolean() ? ipv4() : ipv6()),
                new ControlMessage.RouteDirectionToResponder(
                        number(),
                        id(),
                        id(),
                        ipv4(),
                        ipv6(),
                        procedure(),
                        list(32, this::candidate),
                        text(),
                        data(200),
                        grant()),
                new ControlMessage.RouteDirectionConfirmation(number(), id(), status(), data(200)),
                new ControlMessage.RouteDirectionToInitiator(
                        number(),
                        status(),
                        id(),
                        id(),
                        ipv4(),
                        ipv6(),
                        procedure(),
                        list(32, this::candidate),
                        text(),
                        data(2000),
                        grant()),
                new ControlMessage.Finalization(number()),
                new ControlMessage.FinalizationAck(number(), status()),
                new ControlMessage.RevocationQuery(number(), number()),
                new ControlMessage.RevocationNotice(number(), number(), list(32, this::id)),
                new ControlMessage.TunnelRequestPayload(number(), random.nextInt(65535), data(900)),
                new ControlMessage.TunnelResponsePayload(maybe(), random.nextInt(65535)),
                new ControlMessage.PathProbe(number()),
                new ControlMessage.PathProbeAck(number(), maybe()),
                new ControlMessage.TunnelClose(status()),
                new ControlMessage.MtuProbe(number()),
                new ControlMessage.MtuProbeAck(number(), random.nextInt(65535)),
                new ControlMessage.CandidateUpdate(
                        number(), random.nextBoolean(), list(32, this::candidate)),
                new ControlMessage.CandidateUpdateAck(number()));
    }

    private long number() {
        return random.nextLong();
    }

    private Id128 id() {
        return random.nextInt(8) == 0 ? Id128.NONE : new Id128(number(), number());
    }

    private byte[] data(int bound) {
        byte[] data = new byte[random.nextInt(bound)];
        random.nextBytes(data);
        return data;
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(256); i > 0; i--) {
            text.append((char) ('!' + random.nextInt('~' - '!' + 1)));
        }
        return text.toString();
    }

    private Status status() {
        return Status.get((short) random.nextInt(Status.CLOCK_SKEW.value() + 1));
    }

    private Procedure procedure() {
        return Procedure.get((short) (1 + random.nextInt(3)));
    }

    private Candidate candidate() {
        return new Candidate(endpoint(), CandidateKind.get((short) random.nextInt(5)));
    }

    private RelayServer relay() {
        InetSocketAddress ipv4 = new InetSocketAddress(address(4), 1 + random.nextInt(65535));
        InetSocketAddress ipv6 = new InetSocketAddress(address(16), 1 + random.nextInt(65535));
        return switch (random.nextInt(3)) {
            case 0 -> new RelayServer(1 + random.nextInt(65535), ipv4, null, 0);
            case 1 -> new RelayServer(1 + random.nextInt(65535), null, ipv6, 443);
            default -> new RelayServer(1 + random.nextInt(65535), ipv4, ipv6, 443);
        };
    }

    private RelayRoundTrip roundTrip() {
        return new RelayRoundTrip(1 + random.nextInt(65535), random.nextInt(65536));
    }

    private RelayGrant grant() {
        if (random.nextInt(4) == 0) {
            return null;
        }
        byte[] key = new byte[RelayGrant.KEY_LENGTH];
        random.nextBytes(key);
        return new RelayGrant(
                relay(), random.nextInt(2), number(), 1 + random.nextInt(Integer.MAX_VALUE), key);
    }

    private InetSocketAddress maybe() {
        return random.nextInt(4) == 0 ? null : endpoint();
    }

    private InetSocketAddress endpoint() {
        return new InetSocketAddress(
                random.nextBoolean() ? address(4) : address(16), 1 + random.nextInt(65535));
    }

    private Inet4Address ipv4() {
        return random.nextInt(8) == 0 ? null : (Inet4Address) address(4);
    }

    private Inet6Address ipv6() {
        return random.nextInt(8) == 0 ? null : (Inet6Address) address(16);
    }

    private InetAddress address(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        bytes[0] |= 1;
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private <T> List<T> list(int max, Supplier<T> entry) {
        List<T> list = new ArrayList<>();
        for (int i = random.nextInt(max + 1); i > 0; i--) {
            list.add(entry.get());
        }
        return list;
    }
}
