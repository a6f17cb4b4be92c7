package io.cyphonic.signaling.admin;

import io.cyphonic.signaling.config.CloudConfig;
import io.cyphonic.signaling.config.SocketAddresses;
import io.cyphonic.signaling.credential.CommonKeys;
import io.cyphonic.signaling.credential.Invitation;
import io.cyphonic.signaling.credential.NodeCertificate;
import io.cyphonic.signaling.protocol.sbe.Status;
import io.cyphonic.signaling.registry.NodeRecord;
import io.cyphonic.signaling.registry.Registry;

import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Administration in the process that holds the registry; does not close it. */
public final class LocalAdministration implements Administration {
    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

    private final Registry registry;
    private final CloudConfig config;
    private final byte[] caFingerprint;
    private final InstantSource clock;
    private final SecureRandom random;

    /** Administers the registry of the cloud with this configuration and CA. */
    public LocalAdministration(
            Registry registry,
            CloudConfig config,
            byte[] caFingerprint,
            InstantSource clock,
            SecureRandom random) {
        this.registry = registry;
        this.config = config;
        this.caFingerprint = caFingerprint.clone();
        this.clock = clock;
        this.random = random;
    }

    @Override
    public String invite(String name, Duration life) throws AdministrationException {
        String fqdn = fqdn(name);
        if (life.toSeconds() < 1 || life.compareTo(MAX_INVITATION_LIFE) > 0) {
            throw new AdministrationException(
                    "an invitation can live one second to %d days, not %d seconds"
                            .formatted(MAX_INVITATION_LIFE.toDays(), life.toSeconds()));
        }
        Invitation invitation = Invitation.create(config.listen(), caFingerprint, random);
        long expiryMillis = clock.millis() + life.toMillis();
        Status status =
                registry.invite(invitation.id(), fqdn, invitation.secretHash(), expiryMillis);
        if (status == Status.FORBIDDEN) {
            throw new AdministrationException(
                    "'%s' has joined already: revoke it first, or choose another name"
                            .formatted(fqdn));
        }
        requireOk(status, fqdn);
        return invitation.encode();
    }

    @Override
    public Inventory devices() {
        long nowMillis = clock.millis();
        List<Inventory.Device> devices = new ArrayList<>();
        for (NodeRecord node : registry.nodes()) {
            devices.add(device(node, nowMillis));
        }
        List<Inventory.OpenInvitation> invitations = new ArrayList<>();
        for (Registry.OpenInvitation invitation : registry.openInvitations(nowMillis)) {
            invitations.add(
                    new Inventory.OpenInvitation(
                            invitation.fqdn(), Instant.ofEpochMilli(invitation.expiryMillis())));
        }
        return new Inventory(config.zone(), devices, invitations);
    }

    @Override
    public String revoke(String name) throws AdministrationException {
        String fqdn = fqdn(name);
        Status status = registry.revoke(fqdn);
        if (status == Status.PEER_UNKNOWN) {
            throw new AdministrationException(
                    "no device and no open invitation is named '%s'".formatted(fqdn));
        }
        requireOk(status, fqdn);
        return fqdn;
    }

    /** Nothing of its own to release. */
    @Override
    public void close() {
        // The registry belongs to whoever opened it.
    }

    private static Inventory.Device device(NodeRecord node, long nowMillis) {
        NodeRecord.Registration registration = node.registration();
        boolean registered =
                registration != null
                        && !node.revoked()
                        && CommonKeys.expiryMillis(registration.loginId()) > nowMillis;
        List<String> observed = new ArrayList<>();
        if (registered) {
            Stream.of(registration.observedIpv4(), registration.observedIpv6())
                    .filter(Objects::nonNull)
                    .map((InetSocketAddress address) -> SocketAddresses.format(address))
                    .forEach(observed::add);
        }
        Instant certificateExpiry =
                NodeCertificate.parse(node.certificate())
                        .map(certificate -> Instant.ofEpochMilli(certificate.notAfterMillis()))
                        .orElse(null);
        return new Inventory.Device(
                node.fqdn(),
                node.nodeId().toString(),
                SocketAddresses.format(node.virtualIpv4()),
                SocketAddresses.format(node.virtualIpv6()),
                registered,
                observed,
                certificateExpiry,
                node.revoked());
    }

    private String fqdn(String name) throws AdministrationException {
        String lower = name.toLowerCase(Locale.ROOT);
        String suffix = "." + config.zone();
        String label =
                lower.endsWith(suffix)
                        ? lower.substring(0, lower.length() - suffix.length())
                        : lower;
        if (!LABEL.matcher(label).matches()) {
            throw new AdministrationException(
                    ("'%s' is not a device name: 1 to 63 letters, digits and hyphens,"
                                    + " optionally followed by %s")
                            .formatted(printable(name), suffix));
        }
        return label + suffix;
    }

    private static void requireOk(Status status, String fqdn) throws AdministrationException {
        switch (status) {
            case OK -> {}
            case UNAVAILABLE ->
                    throw new AdministrationException(
                            "the cloud could not record it in time; it may or may not have"
                                    + " happened: check with 'devices', and try again");
            default ->
                    throw new AdministrationException(
                            "the registry refused '%s' (%s)".formatted(fqdn, status));
        }
    }

    private static String printable(String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }
}
