package io.cyphonic.signaling.relay;

import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.net.UdpTransport;
import io.cyphonic.signaling.node.SourceLimiter;
import io.cyphonic.signaling.protocol.DatagramType;
import io.cyphonic.signaling.protocol.RelayHeader;
import io.cyphonic.signaling.protocol.RelayMessage;
import io.cyphonic.signaling.stun.StunCodec;
import io.cyphonic.signaling.stun.StunOrigins;
import io.cyphonic.signaling.stun.StunReply;
import io.cyphonic.signaling.stun.StunResponder;

import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * The relay without sockets, clock and threads: batches of datagrams and the time in, datagrams to
 * send out.
 *
 * <pre>
 *             Bind, right code, no or old cookie
 *  (nothing) ------------------------------------&gt; Challenge, keeps nothing
 *      |
 *      | Bind, right code, good cookie                        Bind (keep-alive), relayed datagram
 *      v                                                            +-----+
 *   BOUND to the source address  &lt;-------------------------------------+
 *      |
 *      | IDLE_NS without either, the grant ends, or the NMS revokes the node
 *      v
 *  (nothing)
 * </pre>
 *
 * <p>Passing a datagram on allocates nothing. What is not authentic gets no answer; no answer is
 * longer than its question; each is limited per source or channel. Here is what happens to every
 * datagram; who gets which channel is {@link RelayBinder}'s. Single-threaded: owned by the relay's
 * thread.
 */
public final class RelayLogic {
    /** A channel that nobody used for so long ends. */
    static final long IDLE_NS = TimeUnit.SECONDS.toNanos(60);

    private static final int SOURCE_BUCKETS = 4096;
    private static final int QUESTIONS_PER_SECOND_AND_SOURCE = 100;
    private static final int QUESTION_BURST = 500;
    private static final byte LAST_STUN_BYTE = 3;

    private final RelayTable table;
    private final RelayBinder binder;
    private final ChannelRun run;
    private final SourceLimiter questions;
    private final RelayCounters counters;
    private final RelayOutput output;

    /**
     * Starts without channels.
     *
     * @param secret shared with the NMS; copied
     */
    public RelayLogic(
            int relayId,
            byte[] secret,
            int maxChannels,
            SecureRandom random,
            RelayCounters counters,
            RelayOutput output,
            long nowNs) {
        this.table = new RelayTable(random, maxChannels);
        this.run = new ChannelRun(table);
        this.binder = new RelayBinder(relayId, secret, table, random, output);
        this.questions =
                new SourceLimiter(
                        SOURCE_BUCKETS,
                        QUESTIONS_PER_SECOND_AND_SOURCE,
                        QUESTION_BURST,
                        random.nextInt(),
                        nowNs);
        this.counters = counters;
        this.output = output;
    }

    /** Channels at present. */
    public int channels() {
        return table.size();
    }

    /**
     * Takes what one receive call returned.
     *
     * @param stream the connection it came over, or {@code null} for UDP
     * @param local own address it came to, for STUN
     */
    public void receive(
            ReceivedDatagrams batch,
            RelayStream stream,
            InetSocketAddress local,
            long nowNs,
            long nowMillis) {
        RelayChannel target = null;
        int start = 0;
        int segment = batch.segmentLength;
        run.begin(batch, stream);
        for (int offset = 0; offset < batch.length; offset += segment) {
            int length = Math.min(segment, batch.length - offset);
            RelayChannel next = null;
            if (batch.buffer[offset] == DatagramType.RELAY) {
                next = admit(batch, offset, length, stream, nowNs, nowMillis);
            } else {
                question(batch, offset, length, stream, local, nowNs, nowMillis);
                run.interrupt();
            }
            int joined = offset - start;
            if (next != target
                    || joined + length > UdpTransport.MAX_SEND_LENGTH
                    || joined >= UdpTransport.MAX_SEGMENTS * segment) {
                forward(batch.buffer, start, joined, segment, target);
                start = offset;
                target = next;
            }
        }
        forward(batch.buffer, start, batch.length - start, segment, target);
    }

    /** Ends what is over; to be called about once a second. */
    public void sweep(long nowNs, long nowMillis) {
        table.sweep(IDLE_NS, nowNs, nowMillis);
        binder.sweep(nowNs);
    }

    /** Overwrites the keys. */
    public void close() {
        binder.close();
    }

    /** The channel that a relayed datagram goes to, or {@code null} if it goes nowhere. */
    private RelayChannel admit(
            ReceivedDatagrams batch,
            int offset,
            int length,
            RelayStream stream,
            long nowNs,
            long nowMillis) {
        byte[] buffer = batch.buffer;
        if (length <= RelayHeader.LENGTH || !RelayHeader.hasKnownFlags(buffer, offset)) {
            return drop(RelayCounter.MALFORMED);
        }
        RelayChannel channel = run.channelAt(offset);
        if (channel == null) {
            sayUnknown(batch, offset, length, stream, nowNs);
            return drop(RelayCounter.UNKNOWN_CHANNEL);
        }
        if (RelayHeader.side(buffer, offset) != channel.side) {
            return drop(RelayCounter.WRONG_SIDE);
        }
        if (!run.isAuthentic(offset, length)) {
            return drop(RelayCounter.NOT_AUTHENTIC);
        }
        if (channel.expiryMillis <= nowMillis) {
            return drop(RelayCounter.EXPIRED);
        }
        if (!run.isFromItsSource()) {
            binder.challengeStray(batch, length, channel, stream, nowNs, nowMillis);
            return drop(RelayCounter.WRONG_SOURCE);
        }
        if (!channel.isNew(RelayHeader.counter(buffer, offset))) {
            return drop(RelayCounter.REPLAYED);
        }
        channel.activeNs = nowNs;
        if (channel.peer == null) {
            return drop(RelayCounter.PEER_ABSENT);
        }
        if (!channel.take(length, nowNs)) {
            return drop(RelayCounter.OVER_LIMIT);
        }
        return channel.peer;
    }

    private RelayChannel drop(RelayCounter reason) {
        counters.add(reason, 1);
        return null;
    }

    private void forward(byte[] buffer, int offset, int length, int segment, RelayChannel target) {
        if (target == null || length <= 0) {
            return;
        }
        if (target.stream == null) {
            output.forward(buffer, offset, length, segment, target.endpoint);
            return;
        }
        for (int at = offset; at < offset + length; at += segment) {
            int one = Math.min(segment, offset + length - at);
            boolean taken = target.stream.offer(buffer, at, one);
            counters.add(taken ? RelayCounter.FORWARDED : RelayCounter.STREAM_FULL, 1);
        }
    }

    /** Told at most as often as a source may ask something, and not in answer to less. */
    private void sayUnknown(
            ReceivedDatagrams batch, int offset, int length, RelayStream stream, long nowNs) {
        if (length < RelayMessage.REFUSED_LENGTH) {
            return;
        }
        Endpoint source = Endpoint.ofSockaddr(batch.source, 0, batch.sourceLength);
        if (source != null
                && source.port() != 0
                && questions.allows(source.toSocketAddress().getAddress(), nowNs)) {
            binder.sayUnknown(batch.buffer, offset, source, stream);
        }
    }

    /** A Bind, a notice of revocations, STUN, or nothing of ours. */
    private void question(
            ReceivedDatagrams batch,
            int offset,
            int length,
            RelayStream stream,
            InetSocketAddress local,
            long nowNs,
            long nowMillis) {
        byte type = batch.buffer[offset];
        boolean stun = type >= 0 && type <= LAST_STUN_BYTE && length <= StunCodec.MAX_LENGTH;
        boolean bind = type == DatagramType.RELAY_BIND && length == RelayMessage.BIND_LENGTH;
        boolean revocation = type == DatagramType.RELAY_REVOCATION;
        Endpoint source = Endpoint.ofSockaddr(batch.source, 0, batch.sourceLength);
        if (source == null || source.port() == 0 || !stun && !bind && !revocation) {
            counters.add(RelayCounter.MALFORMED, 1);
            return;
        }
        InetSocketAddress address = source.toSocketAddress();
        if (!questions.allows(address.getAddress(), nowNs)) {
            counters.add(RelayCounter.RATE_LIMITED, 1);
            return;
        }
        byte[] datagram = Arrays.copyOfRange(batch.buffer, offset, offset + length);
        if (bind) {
            counters.add(binder.bind(datagram, source, stream, nowNs, nowMillis), 1);
            return;
        }
        if (revocation) {
            counters.add(binder.revoke(datagram, nowNs), 1);
            return;
        }
        StunReply reply = StunResponder.answer(datagram, length, address, StunOrigins.alone(local));
        if (reply != null) {
            binder.answer(reply.datagram(), source, stream);
        }
        counters.add(reply == null ? RelayCounter.MALFORMED : RelayCounter.STUN_ANSWERED, 1);
    }
}
