package io.cyphonic.signaling.auth;

import static io.cyphonic.signaling.auth.InMemoryRegistry.ip;

import io.cyphonic.signaling.credential.AuthenticationClient;
import io.cyphonic.signaling.credential.AuthenticationResult.EnrolResult;
import io.cyphonic.signaling.credential.AuthenticationResult.Enrolled;
import io.cyphonic.signaling.credential.AuthenticationResult.LoginResult;
import io.cyphonic.signaling.credential.CertificateAuthority;
import io.cyphonic.signaling.credential.CommonKeys;
import io.cyphonic.signaling.credential.Invitation;
import io.cyphonic.signaling.credential.NodeKeys;
import io.cyphonic.signaling.credential.TlsContexts;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/** An AS on a loopback port the system chose, with clocks that tests set, for node and cloud. */
final class AuthenticationLab implements AutoCloseable {
    static final SecureRandom RANDOM = new SecureRandom();

    /** A wall clock that stands still until it is set. */
    static final class SetClock implements InstantSource {
        private volatile Instant now = Instant.parse("2027-01-15T08:00:00Z");

        @Override
        public Instant instant() {
            return now;
        }

        void advance(Duration time) {
            now = now.plus(time);
        }
    }

    final SetClock cloudClock = new SetClock();
    final SetClock nodeClock = new SetClock();
    final InMemoryRegistry registry = new InMemoryRegistry();
    final byte[] nmsSecret = new byte[CommonKeys.SECRET_LENGTH];
    final CertificateAuthority ca;
    final AuthenticationServer server;
    final AuthenticationClient client =
            new AuthenticationClient(
                    nodeClock,
                    AuthenticationClient.CONNECT_TIMEOUT,
                    AuthenticationClient.DEADLINE,
                    0);

    AuthenticationLab(Path directory) throws Exception {
        this(directory, AuthenticationServer.DEADLINE);
    }

    AuthenticationLab(Path directory, Duration deadline) throws Exception {
        ca =
                CertificateAuthority.create(
                        directory, "cyphonic.internal", RANDOM, cloudClock.millis());
        AuthenticationService service =
                new AuthenticationService(
                        registry,
                        ca,
                        nmsSecret,
                        new AuthenticationSettings(
                                "cyphonic.internal",
                                16,
                                64,
                                List.of(new InetSocketAddress(ip("192.0.2.1"), 7447)),
                                15,
                                CertificateAuthority.NODE_LIFETIME,
                                AuthenticationSettings.DEFAULT_LOGIN_LIFETIME),
                        cloudClock,
                        RANDOM);
        server =
                AuthenticationServer.open(
                        List.of(new InetSocketAddress(ip("127.0.0.1"), 0)),
                        TlsContexts.server(
                                ca.issueServer(List.of(ip("127.0.0.1")), cloudClock.millis())),
                        service,
                        deadline);
    }

    InetSocketAddress address() {
        return server.addresses().getFirst();
    }

    /** Invites a name for an hour. */
    Invitation invite(String name) {
        Invitation invitation = Invitation.create(List.of(address()), ca.fingerprint(), RANDOM);
        registry.invite(
                invitation.id(),
                name + ".cyphonic.internal",
                invitation.secretHash(),
                cloudClock.millis() + 3_600_000);
        return invitation;
    }

    EnrolResult enrol(Invitation invitation, NodeKeys keys) {
        return client.enrol(invitation, keys);
    }

    Enrolled enrolled(String name, NodeKeys keys) {
        return (Enrolled) enrol(invite(name), keys);
    }

    LoginResult login(Enrolled node, NodeKeys keys) {
        return client.login(
                List.of(address()), node.caCertificate(), keys, node.certificate().der());
    }

    @Override
    public void close() {
        server.close();
        ca.close();
    }
}
