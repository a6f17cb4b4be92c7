package io.cyphonic.signaling.relay;

import io.cyphonic.signaling.handshake.RelayCode;
import io.cyphonic.signaling.handshake.RelayKeys;
import io.cyphonic.signaling.handshake.RelaySeal;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.RelayHeader;
import io.cyphonic.signaling.protocol.RelayMessage;
import io.cyphonic.signaling.protocol.RelayMessage.Bind;
import io.cyphonic.signaling.protocol.RelayRevocation;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * Who has which channel: gives and moves them when a node binds, ends them when the NMS revokes a
 * node, and tells nodes to bind again.
 *
 * <p>What is not authentic gets no answer; no answer is longer than its question. How many
 * questions there are is limited by the caller. Owned by the relay's thread.
 */
final class RelayBinder {
    /** An unasked challenge comes at most this often on one channel. */
    static final long CHALLENGE_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private static final long ECHO_MASK = (1L << 56) - 1;
    private static final byte[] NO_COOKIE = new byte[RelayMessage.COOKIE_LENGTH];

    private final int relayId;
    private final byte[] secret;
    private final RelayTable table;
    private final RelayCookies cookies;
    private final RevokedNodes revoked = new RevokedNodes();
    private final RelayCode revocationCode;
    private final RelayOutput output;

    RelayBinder(
            int relayId, byte[] secret, RelayTable table, SecureRandom random, RelayOutput output) {
        this.relayId = relayId;
        this.secret = secret.clone();
        this.table = table;
        this.cookies = new RelayCookies(random);
        this.output = output;
        byte[] key = RelayKeys.revocationKey(secret);
        this.revocationCode = new RelayCode(key);
        Arrays.fill(key, (byte) 0);
    }

    /** Overwrites the keys. */
    void close() {
        Arrays.fill(secret, (byte) 0);
        revocationCode.close();
    }

    /** Forgets what no grant can come back for. */
    void sweep(long nowNs) {
        revoked.sweep(nowNs);
    }

    /** A notice of revocations, or what claims to be one. */
    RelayCounter revoke(byte[] datagram, long nowNs) {
        RelayRevocation revocation = RelayRevocation.decode(datagram);
        if (revocation == null) {
            return RelayCounter.MALFORMED;
        }
        if (!revocationCode.verify(datagram, datagram.length)) {
            return RelayCounter.NOT_AUTHENTIC;
        }
        boolean news = false;
        for (Id128 nodeId : revocation.nodeIds()) {
            news |= revoked.add(nodeId, nowNs);
        }
        if (news) {
            table.removeIf(channel -> revoked.contains(channel.nodeId));
        }
        return RelayCounter.REVOCATION_NOTED;
    }

    /** A Bind, or what claims to be one. */
    RelayCounter bind(
            byte[] datagram, Endpoint source, RelayStream stream, long nowNs, long nowMillis) {
        if (!(RelayMessage.decode(datagram, datagram.length) instanceof Bind bind)) {
            return RelayCounter.MALFORMED;
        }
        RelayChannel channel = table.find(bind.pathId(), bind.side());
        if (channel != null && channel.hasGrantOf(bind)) {
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
                        bind.nodeId(),
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
            Bind bind,
            RelayChannel known,
            RelaySeal seal,
            RelayCode code,
            Endpoint source,
            RelayStream stream,
            long nowNs,
            long nowMillis) {
        if (revoked.contains(bind.nodeId())) {
            // What the NMS will say when it asks for another grant.
            refuse(bind, RelayMessage.Reason.EXPIRED, code, source, stream);
            return RelayCounter.REVOKED;
        }
        if (bind.expiryMillis() <= nowMillis) {
            return refuse(bind, RelayMessage.Reason.EXPIRED, code, source, stream);
        }
        boolean proven =
                known != null
                        && known.stream == stream
                        && (stream != null || known.endpoint.equals(source));
        boolean goodCookie =
                cookies.isGood(
                        bind.cookie(), source, stream, bind.pathId(), bind.side(), nowMillis);
        // A cookie of another address: a copy of what the node sends to leave this one.
        boolean copied = !goodCookie && !Arrays.equals(bind.cookie(), NO_COOKIE);
        if (copied || !proven && !goodCookie) {
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
            channel.grant(bind, seal, code);
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
            Bind bind,
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
    void challengeStray(
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

    /** There is no such channel (any more): its node is told, so that it binds again. */
    void sayUnknown(byte[] buffer, int offset, Endpoint source, RelayStream stream) {
        long echo = ByteBuffer.wrap(buffer).getLong(offset) & ECHO_MASK;
        answer(
                RelayMessage.encode(
                        new RelayMessage.Refused(
                                RelayHeader.side(buffer, offset),
                                RelayMessage.Reason.UNKNOWN_CHANNEL,
                                echo,
                                RelayHeader.channel(buffer, offset))),
                source,
                stream);
    }

    /** An answer that finds no room is lost, as it may be on the way: it is asked for again. */
    void answer(byte[] datagram, Endpoint to, RelayStream stream) {
        if (stream != null) {
            stream.offer(datagram, 0, datagram.length);
        } else {
            output.answer(datagram, to);
        }
    }
}
