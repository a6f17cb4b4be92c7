package io.cyphonic.engine.control;

import io.cyphonic.signaling.credential.NodeCertificate;
import io.cyphonic.signaling.handshake.StaticKeyPair;
import io.cyphonic.signaling.protocol.Id128;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * Who this node is: its certificate, which is renewed now and then, and the key it vouches for.
 * Thread-safe; the keys stay the caller's.
 */
public final class NodeIdentity {
    private final StaticKeyPair tunnelKey;
    private final Consumer<NodeCertificate> renewed;
    private final AtomicReference<NodeCertificate> certificate;

    /**
     * Makes an identity.
     *
     * @param renewed is given every newer certificate, to store it; may throw, which is logged
     */
    public NodeIdentity(
            NodeCertificate certificate,
            StaticKeyPair tunnelKey,
            Consumer<NodeCertificate> renewed) {
        this.certificate = new AtomicReference<>(certificate);
        this.tunnelKey = tunnelKey;
        this.renewed = renewed;
    }

    /** The node's id. */
    public Id128 nodeId() {
        return certificate().nodeId();
    }

    /** The newest certificate. */
    public NodeCertificate certificate() {
        return certificate.get();
    }

    /** The key pair of tunnel handshakes. */
    public StaticKeyPair tunnelKey() {
        return tunnelKey;
    }

    /** Uses a newer certificate of the same node from now on. */
    public void renew(NodeCertificate newer) {
        certificate.set(newer);
        renewed.accept(newer);
    }
}
