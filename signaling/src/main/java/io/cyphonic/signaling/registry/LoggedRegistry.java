package io.cyphonic.signaling.registry;

import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.sbe.Status;

import java.net.InetAddress;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;

/**
 * A registry that turns each write into a log entry and reads from a view. Where the log is and how
 * an entry gets there is the subclass's business.
 */
public abstract class LoggedRegistry implements Registry {
    private final SecureRandom random;

    /** Node ids come from {@code random}. */
    protected LoggedRegistry(SecureRandom random) {
        this.random = random;
    }

    /** What reads are answered from. */
    protected abstract RegistryView view();

    /**
     * Puts an entry into the log and waits until it was applied.
     *
     * @return its outcome, or {@link Status#UNAVAILABLE} when that did not come in time
     */
    protected abstract Redeemed submit(RegistryCommand command);

    @Override
    public final Optional<NodeRecord> findById(Id128 nodeId) {
        return view().findById(nodeId);
    }

    @Override
    public final Optional<NodeRecord> findByFqdn(String fqdn) {
        return view().findByFqdn(fqdn);
    }

    @Override
    public final Optional<NodeRecord> findByVirtualAddress(InetAddress address) {
        return view().findByVirtualAddress(address);
    }

    @Override
    public final List<NodeRecord> nodes() {
        return view().nodes();
    }

    @Override
    public final List<OpenInvitation> openInvitations(long nowMillis) {
        return view().openInvitations(nowMillis);
    }

    @Override
    public final long revocationEpoch() {
        return view().revocationEpoch();
    }

    @Override
    public final List<Id128> revokedAfter(long epoch, int limit) {
        return view().revokedAfter(epoch, limit);
    }

    @Override
    public final Status invite(
            Id128 invitationId, String name, byte[] secretHash, long expiryMillis) {
        if (name.length() > OverlayNetwork.MAX_NAME_LENGTH) {
            return Status.MALFORMED;
        }
        return submit(new RegistryCommand.Invite(invitationId, name, secretHash, expiryMillis))
                .status();
    }

    @Override
    public final Redeemed redeem(
            Id128 invitationId, byte[] secretHash, byte[] keyHash, long nowMillis) {
        return submit(
                new RegistryCommand.Redeem(
                        invitationId, secretHash, keyHash, nowMillis, Id128.random(random)));
    }

    @Override
    public final Status storeCertificate(Id128 nodeId, byte[] certificate) {
        if (certificate.length > RegistryStateMachine.MAX_CERTIFICATE_LENGTH) {
            return Status.MALFORMED;
        }
        return submit(new RegistryCommand.StoreCertificate(nodeId, certificate)).status();
    }

    @Override
    public final Status register(Id128 nodeId, NodeRecord.Registration registration) {
        if (registration.candidates().size() > NodeRecord.Registration.MAX_CANDIDATES) {
            return Status.MALFORMED;
        }
        return submit(new RegistryCommand.Register(nodeId, registration)).status();
    }

    @Override
    public final Status unregister(Id128 nodeId, long loginId) {
        return submit(new RegistryCommand.Unregister(nodeId, loginId)).status();
    }

    @Override
    public final Status revoke(String fqdn) {
        if (fqdn.length() > OverlayNetwork.MAX_NAME_LENGTH) {
            return Status.PEER_UNKNOWN;
        }
        return submit(new RegistryCommand.Revoke(fqdn)).status();
    }
}
