package io.cyphonic.signaling.auth;

import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.sbe.Status;
import io.cyphonic.signaling.registry.NodeRecord;
import io.cyphonic.signaling.registry.Registry;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** As much of a registry as the AS needs, in a map; can be told to be unavailable. */
final class InMemoryRegistry implements Registry {
    private record Invited(
            String fqdn, byte[] secretHash, long expiryMillis, byte[] keyHash, Id128 nodeId) {}

    private final Map<Id128, Invited> invitations = new HashMap<>();
    private final Map<Id128, NodeRecord> nodes = new HashMap<>();
    private boolean available = true;
    private int certificatesStored;
    private int redemptions;

    synchronized void setAvailable(boolean value) {
        available = value;
    }

    synchronized int certificatesStored() {
        return certificatesStored;
    }

    synchronized int redemptions() {
        return redemptions;
    }

    @Override
    public synchronized Optional<NodeRecord> findById(Id128 nodeId) {
        return Optional.ofNullable(nodes.get(nodeId));
    }

    @Override
    public synchronized Optional<NodeRecord> findByFqdn(String fqdn) {
        return nodes.values().stream().filter(node -> node.fqdn().equals(fqdn)).findFirst();
    }

    @Override
    public Optional<NodeRecord> findByVirtualAddress(InetAddress address) {
        throw new UnsupportedOperationException();
    }

    @Override
    public synchronized List<NodeRecord> nodes() {
        return List.copyOf(nodes.values());
    }

    @Override
    public List<OpenInvitation> openInvitations(long nowMillis) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long revocationEpoch() {
        return 7;
    }

    @Override
    public List<Id128> revokedAfter(long epoch, int limit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public synchronized Status invite(
            Id128 invitationId, String name, byte[] secretHash, long expiryMillis) {
        invitations.put(invitationId, new Invited(name, secretHash, expiryMillis, null, null));
        return Status.OK;
    }

    @Override
    public synchronized Redeemed redeem(
            Id128 invitationId, byte[] secretHash, byte[] keyHash, long nowMillis) {
        redemptions++;
        Invited invited = invitations.get(invitationId);
        if (!available) {
            return refuse(Status.UNAVAILABLE);
        }
        if (invited == null || !Arrays.equals(invited.secretHash, secretHash)) {
            return refuse(Status.INVITATION_UNKNOWN);
        }
        if (invited.keyHash != null) {
            return Arrays.equals(invited.keyHash, keyHash)
                    ? redeemed(nodes.get(invited.nodeId))
                    : refuse(Status.INVITATION_USED);
        }
        if (nowMillis >= invited.expiryMillis) {
            return refuse(Status.INVITATION_EXPIRED);
        }
        int number = nodes.size() + 2;
        NodeRecord node =
                new NodeRecord(
                        new Id128(1, number),
                        invited.fqdn,
                        (Inet4Address) ip("10.121.0." + number),
                        (Inet6Address) ip("fd00::" + number),
                        new byte[0],
                        false,
                        null);
        nodes.put(node.nodeId(), node);
        invitations.put(
                invitationId,
                new Invited(
                        invited.fqdn, secretHash, invited.expiryMillis, keyHash, node.nodeId()));
        return redeemed(node);
    }

    @Override
    public synchronized Status storeCertificate(Id128 nodeId, byte[] certificate) {
        certificatesStored++;
        return replace(nodeId, certificate, false);
    }

    @Override
    public Status register(Id128 nodeId, NodeRecord.Registration registration) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Status unregister(Id128 nodeId, long loginId) {
        throw new UnsupportedOperationException();
    }

    @Override
    public synchronized Status revoke(String fqdn) {
        NodeRecord node = findByFqdn(fqdn).orElseThrow();
        return replace(node.nodeId(), node.certificate(), true);
    }

    private Status replace(Id128 nodeId, byte[] certificate, boolean revoked) {
        NodeRecord node = nodes.get(nodeId);
        if (node.revoked()) {
            return Status.FORBIDDEN;
        }
        nodes.put(
                nodeId,
                new NodeRecord(
                        nodeId,
                        node.fqdn(),
                        node.virtualIpv4(),
                        node.virtualIpv6(),
                        certificate,
                        revoked,
                        null));
        return Status.OK;
    }

    private static Redeemed redeemed(NodeRecord node) {
        return new Redeemed(
                Status.OK, node.nodeId(), node.fqdn(), node.virtualIpv4(), node.virtualIpv6());
    }

    private static Redeemed refuse(Status status) {
        return new Redeemed(status, null, null, null, null);
    }

    static InetAddress ip(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
