package io.cyphonic.signaling.registry;

import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.sbe.Status;
import io.cyphonic.signaling.registry.Registry.Redeemed;
import io.cyphonic.signaling.state.StateStore;

import java.security.MessageDigest;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Applies the entries of the registry's log, one after the other, to tables in the shared state.
 * Deterministic: the same entries with the same times make the same state in every member and on
 * every replay. It reads no clock, draws no random number and does no I/O.
 *
 * <p>Every entry may be applied twice: the second time it changes nothing and gives the same
 * answer.
 *
 * <p>Virtual addresses are handed out in ascending order and never again: a name that is invited
 * again after its node was revoked gets a new node id and new addresses, so an address in a log, a
 * cache or a firewall rule always meant one node.
 *
 * <p>Single-threaded: owned by the thread that reads the log. {@link #view} is for every thread.
 */
public final class RegistryStateMachine {
    /** Bytes of every hash. */
    public static final int HASH_LENGTH = 32;

    /** Longest certificate in bytes. */
    public static final int MAX_CERTIFICATE_LENGTH = StoredNode.MAX_CERTIFICATE_LENGTH;

    /** How long an expired invitation is still told from an unknown one. */
    private static final long EXPIRED_INVITATION_LINGER_MILLIS = TimeUnit.DAYS.toMillis(7);

    private final RegistryTables tables;
    private final RegistryView view;
    private final Map<String, Id128> openInvitationsByName = new HashMap<>();
    private int lastNodeNumber;

    /**
     * Makes the tables of an empty registry in {@code store}, which stays the caller's to close.
     */
    public RegistryStateMachine(StateStore store, RegistryLimits limits) {
        tables = new RegistryTables(store, limits);
        view = new RegistryView(tables);
    }

    /** What was applied so far. */
    public RegistryView view() {
        return view;
    }

    /**
     * Applies an entry.
     *
     * @param timestampMillis time the log gave the entry
     */
    public Redeemed apply(long timestampMillis, RegistryCommand command) {
        if (command instanceof RegistryCommand.Configure c) {
            return Outcomes.of(configure(c));
        }
        if (tables.network() == null) {
            return Outcomes.of(Status.UNAVAILABLE);
        }
        return switch (command) {
            case RegistryCommand.Configure c -> Outcomes.of(configure(c));
            case RegistryCommand.Invite c -> Outcomes.of(invite(c, timestampMillis));
            case RegistryCommand.Redeem c -> redeem(c);
            case RegistryCommand.StoreCertificate c -> Outcomes.of(storeCertificate(c));
            case RegistryCommand.Register c -> Outcomes.of(register(c, timestampMillis));
            case RegistryCommand.Unregister c -> Outcomes.of(unregister(c));
            case RegistryCommand.Revoke c -> Outcomes.of(revoke(c));
        };
    }

    private Status configure(RegistryCommand.Configure command) {
        if (tables.network() == null) {
            tables.setNetwork(command.network());
        }
        return tables.network().equals(command.network()) ? Status.OK : Status.FORBIDDEN;
    }

    private Status invite(RegistryCommand.Invite command, long timestampMillis) {
        final String fqdn = tables.network().fqdn(command.name());
        if (fqdn == null
                || command.secretHash().length != HASH_LENGTH
                || command.invitationId().equals(Id128.NONE)) {
            return Status.MALFORMED;
        }
        final StoredInvitation same = tables.invitation(command.invitationId());
        if (same != null) {
            return same.fqdn().equals(fqdn) && isEqual(same.secretHash(), command.secretHash())
                    ? Status.OK
                    : Status.FORBIDDEN;
        }
        if (hasLiveNode(fqdn)) {
            return Status.FORBIDDEN;
        }
        withdrawInvitation(fqdn);
        expireInvitations(timestampMillis - EXPIRED_INVITATION_LINGER_MILLIS);
        final StoredInvitation invitation =
                new StoredInvitation(
                        command.invitationId(),
                        fqdn,
                        command.secretHash(),
                        command.expiryMillis(),
                        Id128.NONE,
                        new byte[0]);
        boolean written = tables.putInvitation(invitation);
        if (!written) {
            expireInvitations(timestampMillis);
            written = tables.putInvitation(invitation);
        }
        if (written) {
            openInvitationsByName.put(fqdn, invitation.invitationId());
        }
        return written ? Status.OK : Status.UNAVAILABLE;
    }

    private boolean hasLiveNode(String fqdn) {
        final StoredNode node = tables.nodeNamed(fqdn);
        return node != null && !node.revoked();
    }

    private boolean withdrawInvitation(String fqdn) {
        final Id128 open = openInvitationsByName.remove(fqdn);
        if (open != null) {
            tables.removeInvitation(open);
        }
        return open != null;
    }

    private void expireInvitations(long nowMillis) {
        tables.expireInvitations(
                nowMillis,
                expired -> openInvitationsByName.remove(expired.fqdn(), expired.invitationId()));
    }

    private Redeemed redeem(RegistryCommand.Redeem command) {
        final StoredInvitation invitation = tables.invitation(command.invitationId());
        if (invitation == null || !isEqual(invitation.secretHash(), command.secretHash())) {
            return Outcomes.of(Status.INVITATION_UNKNOWN);
        }
        if (!invitation.isOpen()) {
            final StoredNode node = tables.node(invitation.nodeId());
            return isEqual(invitation.keyHash(), command.keyHash()) && !node.revoked()
                    ? redeemed(node)
                    : Outcomes.of(Status.INVITATION_USED);
        }
        if (invitation.expiryMillis() <= command.nowMillis()) {
            return Outcomes.of(Status.INVITATION_EXPIRED);
        }
        final int number = tables.network().nextNumber(lastNodeNumber);
        if (command.keyHash().length != HASH_LENGTH || number == 0) {
            return Outcomes.of(Status.UNAVAILABLE);
        }
        return enrol(invitation, command, number);
    }

    private Redeemed enrol(
            StoredInvitation invitation, RegistryCommand.Redeem command, int number) {
        final StoredNode node =
                new StoredNode(
                        command.newNodeId(),
                        invitation.fqdn(),
                        tables.network().ipv4(number),
                        tables.network().ipv6(number),
                        command.keyHash(),
                        new byte[0],
                        false,
                        StoredNode.Location.NONE);
        if (!tables.addNode(node)) {
            return Outcomes.of(Status.UNAVAILABLE);
        }
        tables.pointName(node);
        tables.putInvitation(invitation.usedBy(node.nodeId(), command.keyHash()));
        openInvitationsByName.remove(invitation.fqdn());
        lastNodeNumber = number;
        return redeemed(node);
    }

    private static Redeemed redeemed(StoredNode node) {
        return new Redeemed(
                Status.OK, node.nodeId(), node.fqdn(), node.virtualIpv4(), node.virtualIpv6());
    }

    private Status storeCertificate(RegistryCommand.StoreCertificate command) {
        final StoredNode node = tables.node(command.nodeId());
        if (node == null) {
            return Status.PEER_UNKNOWN;
        }
        if (node.revoked()) {
            return Status.FORBIDDEN;
        }
        if (command.certificate().length > MAX_CERTIFICATE_LENGTH) {
            return Status.MALFORMED;
        }
        tables.updateNode(node.withCertificate(command.certificate()));
        return Status.OK;
    }

    private Status register(RegistryCommand.Register command, long timestampMillis) {
        final StoredNode node = tables.node(command.nodeId());
        if (node == null) {
            return Status.PEER_UNKNOWN;
        }
        if (node.revoked()) {
            return Status.FORBIDDEN;
        }
        final NodeRecord.Registration registration = command.registration();
        if (registration.candidates().size() > NodeRecord.Registration.MAX_CANDIDATES
                || registration.counter() < 0) {
            return Status.MALFORMED;
        }
        final StoredNode.Location location = node.location().with(registration, timestampMillis);
        if (location != node.location()) {
            tables.updateNode(node.withLocation(location));
        }
        return Status.OK;
    }

    private Status unregister(RegistryCommand.Unregister command) {
        final StoredNode node = tables.node(command.nodeId());
        if (node == null) {
            return Status.PEER_UNKNOWN;
        }
        if (node.location().registered() && node.location().loginId() == command.loginId()) {
            tables.updateNode(node.withLocation(node.location().forgotten()));
        }
        return Status.OK;
    }

    private Status revoke(RegistryCommand.Revoke command) {
        final String fqdn = tables.network().fqdn(command.fqdn());
        if (fqdn == null) {
            return Status.PEER_UNKNOWN;
        }
        final boolean withdrawn = withdrawInvitation(fqdn);
        final StoredNode node = tables.nodeNamed(fqdn);
        if (node == null) {
            return withdrawn ? Status.OK : Status.PEER_UNKNOWN;
        }
        if (!node.revoked()) {
            tables.updateNode(node.revokedForGood());
            tables.addRevocation(node.nodeId());
        }
        return Status.OK;
    }

    private static boolean isEqual(byte[] a, byte[] b) {
        return MessageDigest.isEqual(a, b);
    }

    /** Hands out the whole state, piece by piece, each at most a few kilobytes. */
    public void writeSnapshot(Consumer<byte[]> pieces) {
        RegistrySnapshot.write(tables, lastNodeNumber, pieces);
    }

    /**
     * Starts to replace the whole state by that of a snapshot.
     *
     * @return takes the pieces in the order they were written, and must be closed after the last
     *     one
     */
    public RegistrySnapshot.Loader loadSnapshot() {
        openInvitationsByName.clear();
        tables.clear();
        return new RegistrySnapshot.Loader(
                tables, openInvitationsByName, number -> lastNodeNumber = number);
    }
}
