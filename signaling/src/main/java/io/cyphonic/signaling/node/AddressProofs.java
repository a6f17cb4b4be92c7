package io.cyphonic.signaling.node;

import io.cyphonic.signaling.protocol.ControlMessage.RegistrationRequest;
import io.cyphonic.signaling.protocol.Id128;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;

import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Proofs that a node receives at an address: 64 bits that every NMS member derives from the secret
 * that all share, and that are told only in the sealed answer to that address. Nothing is kept.
 */
final class AddressProofs {
    private static final byte[] LABEL =
            "cyphonic address proof".getBytes(StandardCharsets.US_ASCII);

    private final SecretKey secret;

    AddressProofs(byte[] nmsSecret) {
        this.secret = new SecretKeySpec(nmsSecret, "Generic");
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
        try {
            byte[] derived =
                    KDF.getInstance("HKDF-SHA256")
                            .deriveData(HKDFParameterSpec.expandOnly(secret, info, Long.BYTES));
            return ByteBuffer.wrap(derived).getLong();
        } catch (InvalidAlgorithmParameterException e) {
            throw new IllegalArgumentException("the NMS secret is too short", e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("HKDF-SHA256 is missing in this JDK", e);
        }
    }
}
