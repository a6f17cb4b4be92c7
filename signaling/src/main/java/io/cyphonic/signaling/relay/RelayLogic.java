package io.cyphonic.signaling.relay;

import io.cyphonic.signaling.handshake.RelayCode;
import io.cyphonic.signaling.handshake.RelayKeys;
import io.cyphonic.signaling.handshake.RelaySeal;
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
import java.nio.ByteBuffer;
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
 *      | IDLE_NS without either, or the grant ends
 *      v
 *  (nothing)
 * </pre>
 *
 * <p>Passing a datagram on allocates nothing. What is not authentic gets no answer; no answer is
 * longer than its question; each is limited per source or channel. Single-threaded: owned by the
 * relay's thread.
 */
public final class RelayLogic {
    /** A channel that nobody used for so long ends. */
    static final long IDLE_NS = TimeUnit.SECONDS.toNanos(60);

    /** An unasked challenge comes at most this often on one channel. */
    static final long CHALLENGE_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private static final int SOURCE_BUCKETS = 4096;
    private static final int QUESTIONS_PER_SECOND_AND_SOURCE = 100;
    private static final int QUESTION_BURST = 500;
    private static final long ECHO_MASK = (1L << 56) - 1;
    private static final byte LAST_STUN_BYTE = 3;

    private final int relayId;
    private final byte[] secret;
    private final RelayTable table;
    private final RelayCookies cookies;
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
        this.relayId = relayId;
        this.secret = secret.clone();
        this.table = new RelayTable(random, maxChannels);
        this.cookies = new RelayCookies(random);
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
        for (int offset = 0; offset < batch.length; offset += segment) {
            int length = Math.min(segment, batch.length - offset);
            RelayChannel next = null;
            if (batch.buffer[offset] == DatagramType.RELAY) {
                next = admit(batch, offset, length, stream, nowNs, nowMillis);
            } else {
                question(batch, offset, length, stream, local, nowNs, nowMillis);
            }
            int run = offset - start;
            if (next != target
                    || run + length > UdpTransport.MAX_SEND_LENGTH
                    || run >= UdpTransport.MAX_SEGMENTS * segment) {
                forward(batch.buffer, start, run, segment, target);
                start = offset;
                target = next;
            }
        }
        forward(batch.buffer, start, batch.length - start, segment, target);
    }

    /** Ends what is over; to be called about once a second. */
    public void sweep(long nowNs, long nowMillis) {
        table.sweep(IDLE_NS, nowNs, nowMillis);
    }

    /** Overwrites the secret. */
    public void close() {
        Arrays.fill(secret, (byte) 0);
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
        RelayChannel channel = table.find(RelayHeader.channel(buffer, offset));
        if (channel == null) {
            sayUnknown(batch, offset, length, stream, nowNs);
            return drop(RelayCounter.UNKNOWN_CHANNEL);
        }
        if (RelayHeader.side(buffer, offset) != channel.side) {
            return drop(RelayCounter.WRONG_SIDE);
        }
        if (!channel.seal.verify(buffer, offset, length)) {
            return drop(RelayCounter.NOT_AUTHENTIC);
        }
        if (channel.expiryMillis <= nowMillis) {
            return drop(RelayCounter.EXPIRED);
        }
        if (!channel.isBoundTo(batch, stream)) {
            challengeStray(batch, length, channel, stream, nowNs, nowMillis);
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
        int count = Math.ceilDiv(length, segment);
        if (target.stream == null) {
            boolean sent = output.send(buffer, offset, length, segment, target.endpoint);
            counters.add(sent ? RelayCounter.FORWARDED : RelayCounter.SEND_FAILED, count);
            return;
        }
        for (int at = offset; at < offset + length; at += segment) {
            int one = Math.min(segment, offset + length - at);
            boolean taken = target.stream.offer(buffer, at, one);
            counters.add(taken ? RelayCounter.FORWARDED : RelayCounter.STREAM_FULL, 1);
        }
    }

    /** A Bind, STUN, or nothing of ours. */
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
        Endpoint source = Endpoint.ofSockaddr(batch.source, 0, batch.sourceLength);
        if (source == null || source.port() == 0 || !stun && !bind) {
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
            counters.add(bind(datagram, source, stream, nowNs, nowMillis), 1);
            return;
        }
        StunReply reply = StunResponder.answer(datagram, length, address, StunOrigins.alone(local));
        if (reply != null) {
            answer(reply.datagram(), source, stream);
        }
        counters.add(reply == null ? RelayCounter.MALFORMED : RelayCounter.STUN_ANSWERED, 1);
    }

    private RelayCounter bind(
            byte[] datagram, Endpoint source, RelayStream stream, long nowNs, long nowMillis) {
        if (!(RelayMessage.decode(datagram, datagram.length) instanceof RelayMessage.Bind bind)) {
            return RelayCounter.MALFORMED;
        }
        RelayChannel channel = table.find(bind.pathId(), bind.side());
        if (channel != null && channel.hasGrant(bind.expiryMillis(), bind.limit())) {
            return channel.code.verify(datagram, datagram.length)
                    ? bind(
                            bind,
                            channel,
                            channel.seal,
                            channel.code,
                            source,
                            stream,
                            nowNs,
                            nowMillis)
                    : RelayCounter.NOT_AUTHENTIC;
        }
        byte[] key =
                RelayKeys.channelKey(
                        secret,
                        relayId,
                        bind.pathId(),
                        bind.side(),
                        bind.expiryMillis(),
                        bind.limit());
        RelayCode code = new RelayCode(key);
        RelaySeal seal = new RelaySeal(key);
        Arrays.fill(key, (byte) 0);
        return code.verify(datagram, datagram.length)
                ? bind(bind, channel, seal, code, source, stream, nowNs, nowMillis)
                : RelayCounter.NOT_AUTHENTIC;
    }

    /** A Bind whose code is right. */
    private RelayCounter bind(
            RelayMessage.Bind bind,
            RelayChannel known,
            RelaySeal seal,
            RelayCode code,
            Endpoint source,
            RelayStream stream,
            long nowNs,
            long nowMillis) {
        if (bind.expiryMillis() <= nowMillis) {
            return refuse(bind, RelayMessage.Reason.EXPIRED, code, source, stream);
        }
        boolean proven =
                known != null
                        && known.stream == stream
                        && (stream != null || known.endpoint.equals(source));
        if (!proven
                && !cookies.isGood(
                        bind.cookie(), source, stream, bind.pathId(), bind.side(), nowMillis)) {
            byte[] cookie = cookies.make(source, stream, bind.pathId(), bind.side(), nowMillis);
            answer(
                    code.signed(new RelayMessage.Challenge(bind.side(), bind.sequence(), cookie)),
                    source,
                    stream);
            return RelayCounter.CHALLENGED;
        }
        if (known != null && bind.sequence() <= known.sequence) {
            return refuse(bind, RelayMessage.Reason.OVERTAKEN, code, source, stream);
        }
        RelayChannel channel =
                known != null ? known : table.create(bind.pathId(), bind.side(), source, nowNs);
        if (channel == null) {
            return refuse(bind, RelayMessage.Reason.FULL, code, source, stream);
        }
        if (channel.code != code) {
            channel.grant(seal, code, bind.expiryMillis(), bind.limit());
        }
        channel.endpoint = source;
        channel.stream = stream;
        channel.sequence = bind.sequence();
        channel.activeNs = nowNs;
        answer(
                code.signed(
                        new RelayMessage.Bound(
                                bind.side(),
                                channel.peer != null,
                                bind.sequence(),
                                channel.number,
                                source.toSocketAddress())),
                source,
                stream);
        return RelayCounter.BOUND;
    }

    private RelayCounter refuse(
            RelayMessage.Bind bind,
            RelayMessage.Reason reason,
            RelayCode code,
            Endpoint source,
            RelayStream stream) {
        answer(
                code.signed(new RelayMessage.Refused(bind.side(), reason, bind.sequence(), 0)),
                source,
                stream);
        return switch (reason) {
            case EXPIRED -> RelayCounter.EXPIRED;
            case FULL -> RelayCounter.FULL;
            default -> RelayCounter.OVERTAKEN;
        };
    }

    /** The node moved and does not know it: it is told, so that it binds again. */
    private void challengeStray(
            ReceivedDatagrams batch,
            int length,
            RelayChannel channel,
            RelayStream stream,
            long nowNs,
            long nowMillis) {
        if (length < RelayMessage.CHALLENGE_LENGTH
                || nowNs - channel.challengedNs < CHALLENGE_INTERVAL_NS) {
            return;
        }
        Endpoint source = Endpoint.ofSockaddr(batch.source, 0, batch.sourceLength);
        if (source != null && source.port() != 0) {
            channel.challengedNs = nowNs;
            byte[] cookie = cookies.make(source, stream, channel.pathId, channel.side, nowMillis);
            answer(
                    channel.code.signed(
                            new RelayMessage.Challenge(channel.side, channel.sequence, cookie)),
                    source,
                    stream);
        }
    }

    private void sayUnknown(
            ReceivedDatagrams batch, int offset, int length, RelayStream stream, long nowNs) {
        if (length < RelayMessage.REFUSED_LENGTH) {
            return;
        }
        Endpoint source = Endpoint.ofSockaddr(batch.source, 0, batch.sourceLength);
        if (source != null
                && source.port() != 0
                && questions.allows(source.toSocketAddress().getAddress(), nowNs)) {
            long echo = ByteBuffer.wrap(batch.buffer).getLong(offset) & ECHO_MASK;
            answer(
                    RelayMessage.encode(
                            new RelayMessage.Refused(
                                    RelayHeader.side(batch.buffer, offset),
                                    RelayMessage.Reason.UNKNOWN_CHANNEL,
                                    echo,
                                    RelayHeader.channel(batch.buffer, offset))),
                    source,
                    stream);
        }
    }

    private void answer(byte[] datagram, Endpoint to, RelayStream stream) {
        // An answer that finds no room is lost, as it may be on the way: it is asked for again.
        if (stream != null) {
            stream.offer(datagram, 0, datagram.length);
        } else {
            output.send(datagram, 0, datagram.length, datagram.length, to);
        }
    }
}
