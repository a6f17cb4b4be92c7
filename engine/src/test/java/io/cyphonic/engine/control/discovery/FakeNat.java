package io.cyphonic.engine.control.discovery;

import io.cyphonic.engine.control.discovery.NatBehaviour.Dependence;
import io.cyphonic.signaling.stun.StunOrigins;
import io.cyphonic.signaling.stun.StunReply;
import io.cyphonic.signaling.stun.StunResponder;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A NAT that maps and filters as it is told, STUN servers behind it, and a clock of its own. */
final class FakeNat implements ProbeSocket.Factory {
    static final InetAddress INSIDE = InetAddress.ofLiteral("192.168.1.2");
    static final InetAddress OUTSIDE = InetAddress.ofLiteral("198.51.100.1");

    private final boolean translates;
    private final Dependence mapping;
    private final Dependence filtering;
    private final boolean hairpin;
    private final Map<InetSocketAddress, StunOrigins> servers = new HashMap<>();

    /** What a socket has mapped: outer port by (socket, what the mapping depends on). */
    private final Map<String, Integer> outerPorts = new HashMap<>();

    private final Map<Integer, FakeSocket> owners = new HashMap<>();
    private final Map<FakeSocket, Set<InetSocketAddress>> sentTo = new HashMap<>();
    private int nextInside = 30_000;
    private int nextOutside = 50_000;
    private long nanos;

    FakeNat(boolean translates, Dependence mapping, Dependence filtering, boolean hairpin) {
        this.translates = translates;
        this.mapping = mapping;
        this.filtering = filtering;
        this.hairpin = hairpin;
    }

    void serve(List<InetSocketAddress> primary, List<InetSocketAddress> alternate) {
        servers.putAll(StunOrigins.of(primary, alternate));
    }

    long nanoTime() {
        return nanos;
    }

    @Override
    public ProbeSocket open(boolean ipv4) {
        return new FakeSocket(nextInside++);
    }

    private InetSocketAddress outer(FakeSocket socket, InetSocketAddress to) {
        if (!translates) {
            owners.put(socket.port, socket);
            return new InetSocketAddress(INSIDE, socket.port);
        }
        String key =
                socket.port
                        + switch (mapping) {
                            case ENDPOINT_INDEPENDENT -> "";
                            case ADDRESS_DEPENDENT -> " " + to.getAddress();
                            default -> " " + to;
                        };
        int port = outerPorts.computeIfAbsent(key, _ -> nextOutside++);
        owners.put(port, socket);
        return new InetSocketAddress(OUTSIDE, port);
    }

    private boolean letsIn(FakeSocket socket, InetSocketAddress from) {
        Set<InetSocketAddress> known = sentTo.getOrDefault(socket, Set.of());
        return switch (filtering) {
            case ENDPOINT_INDEPENDENT -> true;
            case ADDRESS_DEPENDENT ->
                    known.stream().anyMatch(each -> each.getAddress().equals(from.getAddress()));
            default -> known.contains(from);
        };
    }

    private void deliver(byte[] datagram, InetSocketAddress from, InetSocketAddress to) {
        FakeSocket socket = owners.get(to.getPort());
        if (socket != null && letsIn(socket, from)) {
            socket.arrived.add(new ProbeSocket.Received(datagram, from));
        }
    }

    private final class FakeSocket implements ProbeSocket {
        private final int port;
        private final Deque<Received> arrived = new ArrayDeque<>();

        FakeSocket(int port) {
            this.port = port;
        }

        @Override
        public int localPort() {
            return port;
        }

        @Override
        public void send(byte[] datagram, InetSocketAddress to) {
            sentTo.computeIfAbsent(this, _ -> new HashSet<>()).add(to);
            InetSocketAddress outer = outer(this, to);
            StunOrigins origins = servers.get(to);
            if (origins != null) {
                StunReply reply = StunResponder.answer(datagram, datagram.length, outer, origins);
                if (reply != null) {
                    deliver(reply.datagram(), reply.from(), reply.to());
                }
            } else if (hairpin && to.getAddress().equals(OUTSIDE)) {
                deliver(datagram, outer, to);
            }
        }

        @Override
        public Received receive(long waitNanos) {
            nanos += arrived.isEmpty() ? waitNanos : 1_000_000;
            return arrived.poll();
        }

        @Override
        public void close() {
            arrived.clear();
        }
    }
}
