package io.cyphonic.signaling.auth;

import io.cyphonic.signaling.credential.CertificateAuthority;
import io.cyphonic.signaling.credential.CertificateRequest;
import io.cyphonic.signaling.credential.CertificateVerifier;
import io.cyphonic.signaling.credential.CertificateVerifier.Verdict;
import io.cyphonic.signaling.credential.CommonKeys;
import io.cyphonic.signaling.credential.NodeCertificate;
import io.cyphonic.signaling.protocol.ControlMessage;
import io.cyphonic.signaling.protocol.ControlMessage.EnrolRequest;
import io.cyphonic.signaling.protocol.ControlMessage.EnrolResponse;
import io.cyphonic.signaling.protocol.ControlMessage.LoginRequest;
import io.cyphonic.signaling.protocol.ControlMessage.LoginResponse;
import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.sbe.Status;
import io.cyphonic.signaling.registry.NodeRecord;
import io.cyphonic.signaling.registry.Registry;
import io.cyphonic.signaling.registry.Registry.Redeemed;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Decides on enrolments and logins: a request in, a response out. Keeps no session; what must last
 * is in the registry. Safe for any number of (virtual) threads; blocks only as the registry does.
 */
public final class AuthenticationService {
    /** How far apart the clocks of node and cloud may be. */
    public static final Duration MAX_CLOCK_SKEW = Duration.ofMinutes(5);

    /**
     * How long after its end a certificate still logs in: a node that was switched off for a while
     * must not need a new invitation. Peers never accept it, and the registry says whether the node
     * was revoked meanwhile.
     */
    public static final Duration LATE_RENEWAL = Duration.ofDays(365);

    private static final byte[] NOTHING = {};

    private final Registry registry;
    private final CertificateAuthority ca;
    private final CertificateVerifier verifier;
    private final byte[] nmsSecret;
    private final AuthenticationSettings settings;
    private final InstantSource clock;
    private final SecureRandom random;
    private final FailedEnrolments failedEnrolments = new FailedEnrolments();

    /**
     * Uses these parts; closes none of them.
     *
     * @param nmsSecret the cloud's secret, see {@link CommonKeys}; not copied, the owner wipes it
     */
    public AuthenticationService(
            Registry registry,
            CertificateAuthority ca,
            byte[] nmsSecret,
            AuthenticationSettings settings,
            InstantSource clock,
            SecureRandom random) {
        this.registry = registry;
        this.ca = ca;
        this.verifier = ca.verifier();
        this.nmsSecret = nmsSecret;
        this.settings = settings;
        this.clock = clock;
        this.random = random;
    }

    /** A response, and whether it grants the request. */
    public record Answer(ControlMessage response, boolean granted) {}

    /**
     * Answers a request.
     *
     * @param clientCertificate what the client proved by TLS to hold the key of; empty for none
     * @param source where the request came from
     * @return empty if this is no request to the AS
     */
    public Optional<Answer> answer(
            ControlMessage request, byte[] clientCertificate, InetAddress source) {
        return switch (request) {
            case EnrolRequest enrol -> {
                EnrolResponse response = enrol(enrol, source);
                yield Optional.of(new Answer(response, response.status() == Status.OK));
            }
            case LoginRequest login -> {
                LoginResponse response = login(login, clientCertificate);
                yield Optional.of(new Answer(response, response.status() == Status.OK));
            }
            default -> Optional.empty();
        };
    }

    private EnrolResponse enrol(EnrolRequest request, InetAddress source) {
        long now = clock.millis();
        if (isSkewed(request.clientTimeMillis(), now)) {
            return noEnrolment(Status.CLOCK_SKEW, now);
        }
        if (failedEnrolments.blocks(source, now)) {
            return noEnrolment(Status.UNAVAILABLE, now);
        }
        Optional<CertificateRequest> wanted =
                CertificateRequest.parse(request.certificateRequest());
        if (wanted.isEmpty()) {
            failedEnrolments.add(source, now);
            return noEnrolment(Status.MALFORMED, now);
        }
        Redeemed redeemed =
                registry.redeem(
                        request.invitationId(),
                        sha256(request.secret()),
                        sha256(wanted.get().identityKey()),
                        now);
        if (redeemed.status() != Status.OK) {
            if (redeemed.status() != Status.UNAVAILABLE) {
                failedEnrolments.add(source, now);
            }
            return noEnrolment(redeemed.status(), now);
        }
        return enrol(redeemed, wanted.get(), now);
    }

    /**
     * The second part may run more than once for a node: its answer got lost, and it asks again.
     */
    private EnrolResponse enrol(Redeemed redeemed, CertificateRequest wanted, long now) {
        Optional<NodeRecord> node = registry.findById(redeemed.nodeId());
        if (node.isPresent() && node.get().revoked()) {
            return noEnrolment(Status.FORBIDDEN, now);
        }
        byte[] certificate = node.map(NodeRecord::certificate).orElse(NOTHING);
        if (!isStillGood(certificate, wanted, now)) {
            certificate =
                    issue(
                            wanted,
                            redeemed.fqdn(),
                            redeemed.nodeId(),
                            redeemed.virtualIpv4(),
                            redeemed.virtualIpv6(),
                            now);
            Status stored = registry.storeCertificate(redeemed.nodeId(), certificate);
            if (stored != Status.OK) {
                return noEnrolment(stored, now);
            }
        }
        return new EnrolResponse(
                Status.OK,
                now,
                redeemed.nodeId(),
                redeemed.virtualIpv4(),
                settings.ipv4PrefixLength(),
                redeemed.virtualIpv6(),
                settings.ipv6PrefixLength(),
                redeemed.fqdn(),
                settings.zone(),
                certificate);
    }

    private boolean isStillGood(byte[] certificate, CertificateRequest wanted, long now) {
        return certificate.length > 0
                && verifier.verify(certificate, now) instanceof Verdict.Valid(NodeCertificate own)
                && isFor(own, wanted)
                && !own.isDueForRenewal(now);
    }

    private LoginResponse login(LoginRequest request, byte[] clientCertificate) {
        long now = clock.millis();
        if (isSkewed(request.clientTimeMillis(), now)) {
            return noLogin(Status.CLOCK_SKEW, now);
        }
        if (!(verifier.verifyIssuer(clientCertificate)
                        instanceof Verdict.Valid(NodeCertificate client))
                || now > client.notAfterMillis() + LATE_RENEWAL.toMillis()) {
            return noLogin(Status.UNAUTHORIZED, now);
        }
        if (now < client.notBeforeMillis()) {
            // Issued by this cloud in its own future: its clock was set back.
            return noLogin(Status.CLOCK_SKEW, now);
        }
        Optional<NodeRecord> found = registry.findById(client.nodeId());
        if (found.isEmpty()) {
            return noLogin(Status.UNAUTHORIZED, now);
        }
        NodeRecord node = found.get();
        if (node.revoked()) {
            return noLogin(Status.FORBIDDEN, now);
        }
        byte[] renewed = NOTHING;
        if (request.certificateRequest().length > 0) {
            Optional<CertificateRequest> wanted =
                    CertificateRequest.parse(request.certificateRequest());
            if (wanted.isEmpty()
                    || !Arrays.equals(wanted.get().identityKey(), client.identityKey())) {
                return noLogin(Status.MALFORMED, now);
            }
            if (client.isDueForRenewal(now) || !isFor(client, wanted.get())) {
                renewed =
                        issue(
                                wanted.get(),
                                node.fqdn(),
                                node.nodeId(),
                                node.virtualIpv4(),
                                node.virtualIpv6(),
                                now);
                Status stored = registry.storeCertificate(node.nodeId(), renewed);
                if (stored != Status.OK) {
                    return noLogin(stored, now);
                }
            }
        }
        return login(node, renewed, now);
    }

    private LoginResponse login(NodeRecord node, byte[] renewed, long now) {
        long loginId = CommonKeys.newLoginId(random, now + settings.loginLifetime().toMillis());
        return new LoginResponse(
                Status.OK,
                now,
                node.nodeId(),
                loginId,
                CommonKeys.expiryMillis(loginId),
                registry.revocationEpoch(),
                settings.keepAliveSeconds(),
                settings.nmsEndpoints(),
                CommonKeys.derive(nmsSecret, node.nodeId(), loginId),
                renewed,
                settings.relays());
    }

    private byte[] issue(
            CertificateRequest wanted,
            String fqdn,
            Id128 nodeId,
            Inet4Address virtualIpv4,
            Inet6Address virtualIpv6,
            long now) {
        Duration lifetime = settings.certificateLifetime();
        return ca.issueNode(wanted, fqdn, nodeId, virtualIpv4, virtualIpv6, now, lifetime).der();
    }

    private static boolean isFor(NodeCertificate certificate, CertificateRequest wanted) {
        return Arrays.equals(certificate.identityKey(), wanted.identityKey())
                && Arrays.equals(certificate.tunnelKey(), wanted.tunnelKey());
    }

    private static boolean isSkewed(long clientMillis, long now) {
        long limit = MAX_CLOCK_SKEW.toMillis();
        // Compared without a difference, which the client could make overflow.
        return clientMillis < now - limit || clientMillis > now + limit;
    }

    private static EnrolResponse noEnrolment(Status status, long now) {
        return new EnrolResponse(status, now, Id128.NONE, null, 0, null, 0, "", "", NOTHING);
    }

    private static LoginResponse noLogin(Status status, long now) {
        return new LoginResponse(status, now, Id128.NONE, 0, 0, 0, 0, List.of(), NOTHING, NOTHING);
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java runtime lacks SHA-256", e);
        }
    }
}
