package io.cyphonic.signaling.node;

import io.cyphonic.signaling.stun.StunCodec;
import io.cyphonic.signaling.stun.StunOrigins;
import io.cyphonic.signaling.stun.StunReply;
import io.cyphonic.signaling.stun.StunResponder;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * STUN on the sockets of the NMS and on a second port of each of its addresses, so that nodes can
 * find out how their NAT behaves (RFC 5780). Requests are answered on the receiving thread: it
 * costs less than handing them over. Limited per source, more tightly than signaling is.
 */
final class StunService implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StunService.class);
    private static final int SOURCE_BUCKETS = 4096;
    private static final int REQUESTS_PER_SECOND_AND_SOURCE = 50;
    private static final int BURST_PER_SOURCE = 100;

    private final List<UdpListener> alternates;
    private final Map<InetSocketAddress, UdpListener> sockets;
    private final Map<InetSocketAddress, StunOrigins> origins;
    private final NmsCounters counters;
    private final LongSupplier nanoClock;
    private final SourceLimiter limiter;

    private StunService(
            List<UdpListener> primaries,
            List<UdpListener> alternates,
            NmsCounters counters,
            LongSupplier nanoClock,
            int salt) {
        this.alternates = List.copyOf(alternates);
        this.sockets = new HashMap<>();
        primaries.forEach(each -> sockets.put(each.address(), each));
        alternates.forEach(each -> sockets.put(each.address(), each));
        this.origins = StunOrigins.of(addresses(primaries), addresses(alternates));
        this.counters = counters;
        this.nanoClock = nanoClock;
        this.limiter =
                new SourceLimiter(
                        SOURCE_BUCKETS,
                        REQUESTS_PER_SECOND_AND_SOURCE,
                        BURST_PER_SOURCE,
                        salt,
                        nanoClock.getAsLong());
    }

    /**
     * Binds the second port where it is free; nothing else needs it, so where it is not, the log
     * says so and the service is without.
     *
     * @param primaries the sockets of the NMS; they stay the caller's
     * @param alternatePort the second port; 0 for none
     */
    static StunService open(
            List<UdpListener> primaries,
            int alternatePort,
            NmsCounters counters,
            LongSupplier nanoClock,
            int salt) {
        List<UdpListener> alternates = new ArrayList<>();
        for (UdpListener primary : primaries) {
            if (alternatePort != 0 && primary.address().getPort() != alternatePort) {
                try {
                    alternates.add(
                            UdpListener.open(
                                    new InetSocketAddress(
                                            primary.address().getAddress(), alternatePort)));
                } catch (IOException e) {
                    LOG.warn(
                            "{}; going on without: nodes learn less about their NAT"
                                    + " (stun-alternate-port)",
                            e.getMessage());
                }
            }
        }
        return new StunService(primaries, alternates, counters, nanoClock, salt);
    }

    private static List<InetSocketAddress> addresses(List<UdpListener> listeners) {
        return listeners.stream().map(UdpListener::address).distinct().toList();
    }

    /** Starts receiving on the second port. */
    void start() {
        for (UdpListener listener : alternates) {
            listener.start(
                    "stun-" + alternates.indexOf(listener),
                    StunCodec.MAX_LENGTH + 1,
                    (source, buffer) -> receive(listener, source, buffer));
        }
    }

    private void receive(UdpListener listener, InetSocketAddress source, ByteBuffer buffer) {
        byte[] datagram = new byte[buffer.remaining()];
        buffer.get(datagram);
        answer(listener.address(), source, datagram);
    }

    /** Answers a datagram that came to one of the sockets, or counts why not. */
    void answer(InetSocketAddress local, InetSocketAddress source, byte[] datagram) {
        if (source.getPort() == 0) {
            counters.count(NmsCounter.MALFORMED);
            return;
        }
        if (!limiter.allows(source.getAddress(), nanoClock.getAsLong())) {
            counters.count(NmsCounter.RATE_LIMITED);
            return;
        }
        StunReply reply =
                StunResponder.answer(
                        datagram,
                        datagram.length,
                        source,
                        origins.getOrDefault(local, StunOrigins.alone(local)));
        if (reply == null) {
            counters.count(NmsCounter.MALFORMED);
            return;
        }
        UdpListener from = sockets.get(reply.from());
        boolean sent = from != null && from.send(reply.datagram(), reply.to());
        counters.count(sent ? NmsCounter.STUN_ANSWERED : NmsCounter.SEND_FAILED);
    }

    @Override
    public void close() {
        alternates.forEach(UdpListener::close);
    }
}
