package io.cyphonic.engine.control.discovery;

import io.cyphonic.signaling.stun.StunCodec;
import io.cyphonic.signaling.stun.StunMessage;
import io.cyphonic.signaling.stun.StunTransactionId;
import io.cyphonic.signaling.stun.StunType;

import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Questions and answers over one {@link ProbeSocket}; waits. For one thread. */
final class StunExchange {
    private static final long[] WAITS = {
        TimeUnit.MILLISECONDS.toNanos(250),
        TimeUnit.MILLISECONDS.toNanos(400),
        TimeUnit.MILLISECONDS.toNanos(600)
    };

    private final ProbeSocket socket;
    private final SecureRandom random;
    private final LongSupplier nanoClock;

    /**
     * What a server said.
     *
     * @param mapped the address it saw
     * @param other its other address and port, or {@code null}
     * @param alternatePort its other port, or negative
     * @param rttNanos from the last question
     */
    record Found(
            InetSocketAddress mapped, InetSocketAddress other, int alternatePort, long rttNanos) {}

    private record Question(InetSocketAddress server, StunTransactionId id, long sentNanos) {}

    StunExchange(ProbeSocket socket, SecureRandom random, LongSupplier nanoClock) {
        this.socket = socket;
        this.random = random;
        this.nanoClock = nanoClock;
    }

    /** Asks one server; the answer may come from elsewhere if that was asked for. */
    Found ask(InetSocketAddress server, int change) {
        return run(List.of(server), change).get(server);
    }

    /** Asks all of them at the same time. */
    Map<InetSocketAddress, Found> askAll(List<InetSocketAddress> servers) {
        return run(servers, StunMessage.ABSENT);
    }

    private Map<InetSocketAddress, Found> run(List<InetSocketAddress> servers, int change) {
        Map<InetSocketAddress, Found> found = new LinkedHashMap<>();
        Map<StunTransactionId, Question> open = new HashMap<>();
        for (long wait : WAITS) {
            for (InetSocketAddress server : servers) {
                if (!found.containsKey(server)) {
                    // Each try has an id of its own, so that the round trip is that of one try.
                    Question question =
                            new Question(
                                    server,
                                    StunTransactionId.random(random),
                                    nanoClock.getAsLong());
                    open.put(question.id(), question);
                    socket.send(
                            StunCodec.encode(
                                    StunMessage.request(question.id(), change, change < 0)),
                            server);
                }
            }
            collect(servers.size(), wait, change, open, found);
            if (found.size() == servers.size()) {
                break;
            }
        }
        return found;
    }

    private void collect(
            int wanted,
            long waitNanos,
            int change,
            Map<StunTransactionId, Question> open,
            Map<InetSocketAddress, Found> found) {
        long end = nanoClock.getAsLong() + waitNanos;
        while (found.size() < wanted) {
            long left = end - nanoClock.getAsLong();
            ProbeSocket.Received received = left <= 0 ? null : socket.receive(left);
            if (received == null) {
                return;
            }
            StunMessage answer = StunCodec.decode(received.datagram(), received.datagram().length);
            Question question = answer == null ? null : open.get(answer.id());
            if (question != null
                    && answer.type() == StunType.BINDING_SUCCESS
                    && answer.mapped() != null
                    && received.from().equals(question.server()) != (change > 0)) {
                found.putIfAbsent(
                        question.server(),
                        new Found(
                                answer.mapped(),
                                answer.other(),
                                answer.alternatePort(),
                                nanoClock.getAsLong() - question.sentNanos()));
            }
        }
    }

    /**
     * Whether a datagram gets from here to the mapped address of another socket, while that one
     * sends back as well.
     */
    boolean reaches(
            InetSocketAddress ownMapped, StunExchange other, InetSocketAddress otherMapped) {
        StunTransactionId id = StunTransactionId.random(random);
        byte[] datagram = StunCodec.encode(StunMessage.request(id));
        for (long wait : WAITS) {
            other.socket.send(datagram, ownMapped);
            socket.send(datagram, otherMapped);
            long end = nanoClock.getAsLong() + wait;
            while (true) {
                long left = end - nanoClock.getAsLong();
                ProbeSocket.Received received = left <= 0 ? null : other.socket.receive(left);
                if (received == null) {
                    break;
                }
                StunMessage message =
                        StunCodec.decode(received.datagram(), received.datagram().length);
                if (message != null && message.id().equals(id)) {
                    return true;
                }
            }
        }
        return false;
    }
}
