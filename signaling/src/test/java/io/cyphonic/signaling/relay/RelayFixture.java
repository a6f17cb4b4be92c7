package io.cyphonic.signaling.relay;

import io.cyphonic.signaling.handshake.RelayCode;
import io.cyphonic.signaling.handshake.RelayKeys;
import io.cyphonic.signaling.handshake.RelaySeal;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.RelayHeader;
import io.cyphonic.signaling.protocol.RelayMessage;
import io.cyphonic.signaling.protocol.RelayRevocation;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A relay without sockets, and nodes that use it; time passes when told. */
final class RelayFixture implements RelayOutput {
    static final Id128 PATH = new Id128(0x1111, 0x2222);
    static final int LIMIT = 1_000_000;
    static final long START_MILLIS = 1_700_000_000_000L;
    static final byte[] SECRET = new byte[RelayKeys.SECRET_LENGTH];
    private static final int RELAY_ID = 7;
    private static final Endpoint NMS = Endpoint.of(address("192.0.2.9:7447"));
    private static final InetSocketAddress LOCAL = address("192.0.2.9:7448");

    record Sent(Endpoint to, byte[] bytes, int segmentLength) {}

    final List<Sent> sent = new ArrayList<>();
    final RelayCounters counters = new RelayCounters();
    final RelayLogic logic;
    long nowNs = 5_000_000_000L;
    long nowMillis = START_MILLIS;

    RelayFixture() {
        this(16);
    }

    RelayFixture(int maxChannels) {
        logic =
                new RelayLogic(
                        RELAY_ID, SECRET, maxChannels, new SecureRandom(), counters, this, nowNs);
    }

    @Override
    public void forward(byte[] buffer, int offset, int length, int segmentLength, Endpoint to) {
        sent.add(new Sent(to, Arrays.copyOfRange(buffer, offset, offset + length), segmentLength));
        counters.add(RelayCounter.FORWARDED, Math.ceilDiv(length, segmentLength));
    }

    @Override
    public void answer(byte[] datagram, Endpoint to) {
        sent.add(new Sent(to, datagram, datagram.length));
    }

    static InetSocketAddress address(String text) {
        int colon = text.lastIndexOf(':');
        return new InetSocketAddress(
                InetAddress.ofLiteral(text.substring(0, colon).replaceAll("[\\[\\]]", "")),
                Integer.parseInt(text.substring(colon + 1)));
    }

    void pass(long millis) {
        nowMillis += millis;
        nowNs += millis * 1_000_000;
    }

    void receive(byte[] bytes, int segmentLength, Endpoint source, RelayStream stream) {
        ReceivedDatagrams batch = new ReceivedDatagrams();
        batch.buffer = bytes;
        batch.length = bytes.length;
        batch.segmentLength = segmentLength;
        byte[] sockaddr = source.sockaddr();
        System.arraycopy(sockaddr, 0, batch.source, 0, sockaddr.length);
        batch.sourceLength = sockaddr.length;
        logic.receive(batch, stream, LOCAL, nowNs, nowMillis);
    }

    /** As the NMS does it. */
    void revoke(Id128... nodeIds) {
        byte[] notice = revocation(RelayKeys.revocationKey(SECRET), nodeIds);
        receive(notice, notice.length, NMS, null);
    }

    static byte[] revocation(byte[] key, Id128... nodeIds) {
        return new RelayCode(key).signed(new RelayRevocation(List.of(nodeIds)).encode());
    }

    /** What was sent since the last call. */
    List<Sent> takeSent() {
        List<Sent> taken = List.copyOf(sent);
        sent.clear();
        return taken;
    }

    Node node(int side, String source) {
        return new Node(side, PATH, LIMIT, source);
    }

    /** One end of a path with a grant. */
    final class Node {
        final int side;
        final Id128 path;
        final Id128 nodeId;
        final int limit;
        final long expiryMillis;
        final RelaySeal seal;
        final RelayCode code;
        Endpoint source;
        RelayStream stream;
        long sequence = 100;
        long counter;
        int channel;
        byte[] cookie = new byte[RelayMessage.COOKIE_LENGTH];

        Node(int side, Id128 path, int limit, String source) {
            this.side = side;
            this.path = path;
            this.nodeId = new Id128(0x0DE5, side);
            this.limit = limit;
            this.expiryMillis = nowMillis + 3_600_000;
            this.source = Endpoint.of(address(source));
            byte[] key =
                    RelayKeys.channelKey(SECRET, RELAY_ID, path, side, nodeId, expiryMillis, limit);
            this.seal = new RelaySeal(key);
            this.code = new RelayCode(key);
        }

        byte[] bindMessage() {
            return code.signed(
                    new RelayMessage.Bind(
                            side, path, nodeId, expiryMillis, limit, ++sequence, cookie));
        }

        /** Sends a Bind and returns the answer, authentic, or {@code null}. */
        RelayMessage askToBind() {
            byte[] bind = bindMessage();
            receive(bind, bind.length, source, stream);
            return answer(takeSent());
        }

        RelayMessage answer(List<Sent> answers) {
            if (answers.isEmpty()) {
                return null;
            }
            Sent answer = answers.getFirst();
            if (answers.size() > 1
                    || !answer.to().equals(source)
                    || answer.bytes().length > RelayMessage.BIND_LENGTH) {
                throw new AssertionError(answers);
            }
            RelayMessage message = RelayMessage.decode(answer.bytes(), answer.bytes().length);
            boolean unsigned =
                    message instanceof RelayMessage.Refused refused
                            && refused.reason() == RelayMessage.Reason.UNKNOWN_CHANNEL;
            if (!unsigned && !code.verify(answer.bytes(), answer.bytes().length)) {
                throw new AssertionError("not authentic: " + message);
            }
            return message;
        }

        Node bound() {
            cookie = ((RelayMessage.Challenge) askToBind()).cookie();
            RelayMessage.Bound bound = (RelayMessage.Bound) askToBind();
            channel = bound.channel();
            return this;
        }

        byte[] datagram(int innerLength) {
            byte[] datagram = new byte[RelayHeader.LENGTH + innerLength];
            Arrays.fill(datagram, RelayHeader.LENGTH, datagram.length, (byte) ++counter);
            RelayHeader.write(datagram, 0, side, counter, channel);
            seal.seal(datagram, 0, datagram.length);
            return datagram;
        }

        void send(byte[] datagram) {
            receive(datagram, datagram.length, source, stream);
        }
    }
}
