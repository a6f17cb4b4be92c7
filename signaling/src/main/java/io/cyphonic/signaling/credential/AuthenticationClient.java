package io.cyphonic.signaling.credential;

import io.cyphonic.signaling.credential.AuthenticationResult.ClockOff;
import io.cyphonic.signaling.credential.AuthenticationResult.EnrolResult;
import io.cyphonic.signaling.credential.AuthenticationResult.Enrolled;
import io.cyphonic.signaling.credential.AuthenticationResult.Failure;
import io.cyphonic.signaling.credential.AuthenticationResult.LoggedIn;
import io.cyphonic.signaling.credential.AuthenticationResult.LoginResult;
import io.cyphonic.signaling.credential.AuthenticationResult.Refused;
import io.cyphonic.signaling.credential.CertificateVerifier.Verdict;
import io.cyphonic.signaling.protocol.ControlMessage.EnrolRequest;
import io.cyphonic.signaling.protocol.ControlMessage.EnrolResponse;
import io.cyphonic.signaling.protocol.ControlMessage.LoginRequest;
import io.cyphonic.signaling.protocol.ControlMessage.LoginResponse;
import io.cyphonic.signaling.protocol.sbe.Status;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

import javax.net.ssl.SSLContext;

/**
 * The node's side of login: asks the AS over TLS 1.3, each cloud address in turn, and checks all
 * that comes back. Blocks, at most {@link #DEADLINE}; meant for a virtual thread. Never throws for
 * what a network or a cloud can do. Thread-safe, keeps nothing between calls.
 */
public final class AuthenticationClient {
    /** Longest wait for a TCP connection to one address. */
    public static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);

    /** Longest wait for everything together. */
    public static final Duration DEADLINE = Duration.ofSeconds(15);

    /** Where a gateway of the cloud is asked when its own port is out of reach. */
    public static final int GATEWAY_PORT = 443;

    private final InstantSource clock;
    private final Duration connectTimeout;
    private final Duration deadline;
    private final int gatewayPort;

    /** Uses this wall clock, the one that certificates are checked by. */
    public AuthenticationClient(InstantSource clock) {
        this(clock, CONNECT_TIMEOUT, DEADLINE, GATEWAY_PORT);
    }

    /** With other time limits than the usual ones, and another port of gateways; 0 for none. */
    public AuthenticationClient(
            InstantSource clock, Duration connectTimeout, Duration deadline, int gatewayPort) {
        this.gatewayPort = gatewayPort;
        this.clock = clock;
        this.connectTimeout = connectTimeout;
        this.deadline = deadline;
    }

    /**
     * First login: redeems an invitation. May be repeated with the same keys if it was cut short;
     * the answer is then the same.
     */
    public EnrolResult enrol(Invitation invitation, NodeKeys keys) {
        CloudTrust trust = new CloudTrust(invitation.caFingerprint(), clock);
        SSLContext tls = TlsContexts.enrolling(trust);
        EnrolRequest request =
                new EnrolRequest(
                        clock.millis(),
                        invitation.id(),
                        invitation.secret(),
                        keys.certificateRequest());
        return switch (exchange().ask(invitation.cloud(), tls, request)) {
            case CloudExchange.Failed(Failure failure) -> failure;
            case CloudExchange.Answered(EnrolResponse response, InetSocketAddress cloud) -> {
                if (response.status() != Status.OK) {
                    yield refused(response.status(), response.serverTimeMillis());
                }
                yield accept(response, keys, trust.caCertificate(), cloud);
            }
            case CloudExchange.Answered(_, InetSocketAddress cloud) -> unexpected(cloud);
        };
    }

    /**
     * Later logins, with the certificate; also asks for its renewal, which the cloud grants when
     * less than a third of its life is left.
     *
     * @param cloud addresses, tried in order
     * @param caCertificate of the cloud the node belongs to, X.509 DER
     * @param certificate the node's own, X.509 DER
     * @throws IllegalArgumentException if one of the certificates is not one
     */
    public LoginResult login(
            List<InetSocketAddress> cloud,
            byte[] caCertificate,
            NodeKeys keys,
            byte[] certificate) {
        CloudTrust trust = new CloudTrust(CaCertificate.parse(caCertificate).fingerprint(), clock);
        SSLContext tls = TlsContexts.loggingIn(trust, keys, certificate);
        LoginRequest request = new LoginRequest(clock.millis(), keys.certificateRequest());
        return switch (exchange().ask(cloud, tls, request)) {
            case CloudExchange.Failed(Failure failure) -> failure;
            case CloudExchange.Answered(LoginResponse response, InetSocketAddress address) -> {
                if (response.status() != Status.OK) {
                    yield refused(response.status(), response.serverTimeMillis());
                }
                yield accept(response, keys, caCertificate, address);
            }
            case CloudExchange.Answered(_, InetSocketAddress address) -> unexpected(address);
        };
    }

    private CloudExchange exchange() {
        return new CloudExchange(connectTimeout, deadline, gatewayPort);
    }

    private EnrolResult accept(
            EnrolResponse response, NodeKeys keys, byte[] caCertificate, InetSocketAddress cloud) {
        Optional<NodeCertificate> certificate =
                verified(response.certificate(), keys, caCertificate);
        if (certificate.isEmpty()
                || !certificate.get().fqdn().equals(response.fqdn())
                || !certificate.get().nodeId().equals(response.nodeId())
                || !certificate.get().virtualIpv4().equals(response.virtualIpv4())
                || !certificate.get().virtualIpv6().equals(response.virtualIpv6())) {
            return unexpected(cloud);
        }
        return new Enrolled(response, certificate.get(), caCertificate, cloud);
    }

    private LoginResult accept(
            LoginResponse response, NodeKeys keys, byte[] caCertificate, InetSocketAddress cloud) {
        if (response.commonKey().length != CommonKeys.KEY_LENGTH
                || response.nmsEndpoints().isEmpty()) {
            return unexpected(cloud);
        }
        if (response.certificate().length == 0) {
            return new LoggedIn(response, Optional.empty(), cloud);
        }
        Optional<NodeCertificate> certificate =
                verified(response.certificate(), keys, caCertificate);
        return certificate.isPresent()
                ? new LoggedIn(response, certificate, cloud)
                : unexpected(cloud);
    }

    private Optional<NodeCertificate> verified(
            byte[] certificate, NodeKeys keys, byte[] caCertificate) {
        Verdict verdict =
                new CertificateVerifier(caCertificate).verify(certificate, clock.millis());
        return verdict instanceof Verdict.Valid(NodeCertificate own)
                        && Arrays.equals(own.identityKey(), keys.identityKey())
                        && Arrays.equals(own.tunnelKey(), keys.tunnelKey())
                ? Optional.of(own)
                : Optional.empty();
    }

    private Failure refused(Status status, long serverTimeMillis) {
        if (status == Status.CLOCK_SKEW) {
            return new ClockOff(
                    "the clocks are too far apart: the local clock says %s, the cloud's says %s"
                            .formatted(clock.instant(), Instant.ofEpochMilli(serverTimeMillis)));
        }
        String text =
                switch (status) {
                    case INVITATION_UNKNOWN ->
                            "the cloud does not know this invitation: a newer one may have replaced"
                                    + " it";
                    case INVITATION_USED ->
                            "the invitation was used already, with other keys: ask for a new one";
                    case INVITATION_EXPIRED -> "the invitation has expired: ask for a new one";
                    case FORBIDDEN -> "the cloud refuses this node: it was revoked";
                    case UNAUTHORIZED ->
                            "the cloud does not accept the certificate of this node: join again"
                                    + " with a new invitation";
                    case UNAVAILABLE -> "the cloud cannot record it now: try again later";
                    default -> "the cloud refused with status " + status;
                };
        return new Refused(status, text);
    }

    private static Failure unexpected(InetSocketAddress cloud) {
        return new Refused(
                Status.MALFORMED, "the answer of the cloud at %s makes no sense".formatted(cloud));
    }
}
