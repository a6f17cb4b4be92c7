package io.cyphonic.signaling.handshake;

import io.cyphonic.signaling.protocol.ControlMessage.TunnelRequestPayload;
import io.cyphonic.signaling.protocol.ControlMessage.TunnelResponsePayload;
import io.cyphonic.signaling.protocol.ControlMessageCodec;
import io.cyphonic.signaling.protocol.Id128;

import java.security.SecureRandom;

/**
 * A tunnel request that was sealed by the owner of {@link #initiatorStatic} for this node. Whether
 * that owner is welcome, the caller decides: the certificate in the payload has to carry this very
 * key. Holds secrets until it is answered or closed. Not thread-safe.
 */
public final class TunnelRequest implements AutoCloseable {
    private final byte[] header;
    private final TunnelRequestPayload payload;
    private final IkHandshake noise;
    private boolean closed;

    TunnelRequest(byte[] header, TunnelRequestPayload payload, IkHandshake noise) {
        this.header = header;
        this.payload = payload;
        this.noise = noise;
    }

    /** The suite the initiator chose. */
    public CipherSuite suite() {
        return HandshakeFormat.suite(header);
    }

    /** The path the request belongs to. */
    public Id128 pathId() {
        return HandshakeFormat.idAt(header, HandshakeFormat.REQUEST_PATH_ID_FIELD_OFFSET);
    }

    /** Chosen by the initiator, the same when the request is sent again. */
    public long transactionId() {
        return HandshakeFormat.longAt(header, HandshakeFormat.REQUEST_TRANSACTION_ID_FIELD_OFFSET);
    }

    /** The initiator's index, goes into every capsule to it. */
    public int senderIndex() {
        return HandshakeFormat.intAt(header, HandshakeFormat.SENDER_INDEX_FIELD_OFFSET);
    }

    /** A copy of the initiator's static public key. */
    public byte[] initiatorStatic() {
        return noise.remoteStatic().clone();
    }

    /** What the initiator said. */
    public TunnelRequestPayload payload() {
        return payload;
    }

    /**
     * Answers the request, once, and closes it.
     *
     * @param ownIndex the index under which this node will receive capsules of the session
     * @return the response and the keys
     * @throws IllegalStateException if the request has been answered or closed
     */
    public TunnelHandshake.Response respond(
            int ownIndex, TunnelResponsePayload payload, SecureRandom random) {
        if (closed) {
            throw new IllegalStateException("the request has been answered or closed");
        }
        try {
            byte[] responseHeader =
                    HandshakeFormat.responseHeader(
                            suite(), ownIndex, senderIndex(), pathId(), transactionId());
            noise.bind(responseHeader);
            byte[] message =
                    noise.writeResponse(
                            TunnelHandshake.ephemeral(random), ControlMessageCodec.encode(payload));
            if (message == null) {
                // Keys of low order did not get through readRequest.
                throw new IllegalStateException("the initiator's keys agree no longer");
            }
            byte[] datagram =
                    HandshakeFormat.assemble(responseHeader, message, noise.remoteStatic());
            return new TunnelHandshake.Response(datagram, noise.split(false));
        } finally {
            close();
        }
    }

    /** Overwrites the secrets of the handshake. Idempotent. */
    @Override
    public void close() {
        closed = true;
        noise.close();
    }

    @Override
    public String toString() {
        return "TunnelRequest[" + suite() + ", path " + pathId() + "]";
    }
}
