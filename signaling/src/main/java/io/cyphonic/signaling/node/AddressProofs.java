package io.cyphonic.signaling.node;

import io.cyphonic.signaling.protocol.ControlMessage.RegistrationRequest;
import io.cyphonic.signaling.protocol.Id128;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Proofs that a node receives at an address: 64 bits that every NMS member derives from the secret
 * that all share, and that are told only in the sealed answer to that address. Nothing is kept.
 */
final class AddressProofs {
    private static final byte[] LABEL =
            "cyphonic address proof".getBytes(StandardCharsets.US_ASCII);

    private final NmsSecret secret;

    AddressProofs(byte[] nmsSecret) {
        this.secret = new NmsSecret(nmsSecret);
    }

    /** The address that a registration confirms, or {@code null} if it proves none. */
    InetSocketAddress confirmed(Request request, RegistrationRequest message) {
        InetSocketAddress confirmed = message.confirmed();
        return confirmed != null
                        && message.proof() == of(request.nodeId(), request.loginId(), confirmed)
                ? confirmed
                : null;
    }

    /** The proof of one address of a node under one login. */
    long of(Id128 nodeId, long loginId, InetSocketAddress address) {
        byte[] host = address.getAddress().getAddress();
        byte[] info =
                ByteBuffer.allocate(LABEL.length + 16 + 8 + 2 + host.length)
                        .put(LABEL)
                        .putLong(nodeId.high())
                        .putLong(nodeId.low())
                        .putLong(loginId)
                        .putShort((short) address.getPort())
                        .put(host)
                        .array();
        return ByteBuffer.wrap(secret.expand(info, Long.BYTES)).getLong();
    }
}
