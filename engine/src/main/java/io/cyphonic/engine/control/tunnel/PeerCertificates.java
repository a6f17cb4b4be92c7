package io.cyphonic.engine.control.tunnel;

import io.cyphonic.engine.control.state.PeerIdentity;
import io.cyphonic.signaling.credential.CertificateVerifier.Verdict;
import io.cyphonic.signaling.protocol.Id128;

/**
 * Decides whether a peer is who it says: by its certificate and the list of the revoked, not by
 * what the cloud's messages claim.
 */
final class PeerCertificates {
    private final TunnelContext context;

    PeerCertificates(TunnelContext context) {
        this.context = context;
    }

    /** Who a certificate is for, or why it is not accepted. */
    sealed interface Judgement {
        /** Accepted. */
        record Accepted(PeerIdentity peer) implements Judgement {}

        /** Not accepted; one line for people. */
        record Refused(String reason) implements Judgement {}
    }

    Judgement judge(byte[] certificate) {
        return switch (context.verifier().verify(certificate, context.runtime().wallMillis())) {
            case Verdict.Invalid(var _, String text) -> new Judgement.Refused(text);
            case Verdict.Valid(var valid) -> judge(PeerIdentity.of(valid));
        };
    }

    private Judgement judge(PeerIdentity peer) {
        Id128 nodeId = peer.nodeId();
        if (nodeId.equals(context.identity().nodeId())) {
            return new Judgement.Refused("the certificate is this node's own");
        }
        return context.state().isRevoked(nodeId)
                ? new Judgement.Refused("%s was revoked".formatted(peer.fqdn()))
                : new Judgement.Accepted(peer);
    }
}
