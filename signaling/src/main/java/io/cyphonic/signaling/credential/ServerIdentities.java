package io.cyphonic.signaling.credential;

import io.cyphonic.signaling.credential.CertificateAuthority.ServerIdentity;

import java.net.InetAddress;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;

/**
 * The key and certificate of the cloud's TLS server, made anew when half of the certificate's life
 * is over: a cloud may run for years without a restart. Thread-safe.
 */
public final class ServerIdentities implements Supplier<ServerIdentity> {
    private static final long RENEWAL_MILLIS =
            CertificateAuthority.SERVER_LIFETIME.dividedBy(2).toMillis();

    private final CertificateAuthority authority;
    private final List<InetAddress> addresses;
    private final InstantSource clock;
    private ServerIdentity present;
    private long issuedMillis;

    /**
     * Issues the first one.
     *
     * @param authority stays the caller's, and open as long as connections are accepted
     * @param addresses where the server listens
     */
    public ServerIdentities(
            CertificateAuthority authority, List<InetAddress> addresses, InstantSource clock) {
        this.authority = authority;
        this.addresses = List.copyOf(addresses);
        this.clock = clock;
        issue(clock.millis());
    }

    /** The one to use now. */
    @Override
    public synchronized ServerIdentity get() {
        long now = clock.millis();
        // A clock that was set back a long way makes a new one too: the old one is not valid yet.
        if (Math.abs(now - issuedMillis) >= RENEWAL_MILLIS) {
            issue(now);
        }
        return present;
    }

    private synchronized void issue(long nowMillis) {
        present = authority.issueServer(addresses, nowMillis);
        issuedMillis = nowMillis;
    }
}
