package io.cyphonic.signaling.stun;

import java.net.InetSocketAddress;
import java.util.List;

/**
 * Answers Binding requests (RFC 8489, section 6.3.1), with changed source where RFC 5780 asks for
 * it. Keeps nothing: any thread may use it. An answer says what was asked and no more, since
 * anybody can make it go to somebody else: who sends must be limited before.
 */
public final class StunResponder {
    private static final int UNKNOWN_ATTRIBUTE = 420;
    private static final int CHANGE_REQUEST = 0x0003;

    private StunResponder() {}

    /**
     * Answers a datagram.
     *
     * @param source where it came from
     * @param origins the socket it came to, with its relatives
     * @return the answer; {@code null} if it is none that has one
     */
    public static StunReply answer(
            byte[] datagram, int length, InetSocketAddress source, StunOrigins origins) {
        StunMessage request = StunCodec.decode(datagram, length);
        if (request == null || request.type() != StunType.BINDING_REQUEST) {
            return null;
        }
        if (!request.unknown().isEmpty()) {
            return refuse(request, request.unknown(), source, origins);
        }
        int change = Math.max(0, request.change());
        InetSocketAddress from = origins.select(change);
        if (from == null) {
            // RFC 5780, section 6.1: a server that cannot change does not know the attribute.
            return refuse(request, List.of(CHANGE_REQUEST), source, origins);
        }
        boolean behaviour = origins.isComplete();
        StunMessage answer =
                new StunMessage(
                        StunType.BINDING_SUCCESS,
                        request.id(),
                        source,
                        behaviour || change != 0 ? from : null,
                        behaviour ? origins.both() : null,
                        StunMessage.ABSENT,
                        request.alternatePort() >= 0 && origins.otherPort() != null
                                ? origins.otherPort().getPort()
                                : StunMessage.ABSENT,
                        0,
                        List.of(),
                        request.fingerprint());
        return new StunReply(StunCodec.encode(answer), from, source);
    }

    private static StunReply refuse(
            StunMessage request,
            List<Integer> unknown,
            InetSocketAddress source,
            StunOrigins origins) {
        StunMessage error =
                new StunMessage(
                        StunType.BINDING_ERROR,
                        request.id(),
                        null,
                        null,
                        null,
                        StunMessage.ABSENT,
                        StunMessage.ABSENT,
                        UNKNOWN_ATTRIBUTE,
                        unknown,
                        request.fingerprint());
        return new StunReply(StunCodec.encode(error), origins.own(), source);
    }
}
