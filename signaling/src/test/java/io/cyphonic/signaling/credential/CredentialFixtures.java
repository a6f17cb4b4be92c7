package io.cyphonic.signaling.credential;

import io.cyphonic.signaling.protocol.Id128;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.SecureRandom;

/** Names and addresses of one node, for tests of certificates. */
final class CredentialFixtures {
    static final long NOW = 1_800_000_000_000L;
    static final String FQDN = "alice.cyphonic.internal";
    static final Id128 NODE_ID = new Id128(0x0123456789abcdefL, 0xfedcba9876543210L);
    static final Inet4Address IPV4 = (Inet4Address) ip("10.121.0.7");
    static final Inet6Address IPV6 = (Inet6Address) ip("fd12:3456:789a:1::7");
    static final SecureRandom RANDOM = new SecureRandom();

    private CredentialFixtures() {}

    static InetAddress ip(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    static NodeCertificate issue(CertificateAuthority ca, NodeKeys keys, long nowMillis) {
        CertificateRequest request =
                CertificateRequest.parse(keys.certificateRequest()).orElseThrow();
        return ca.issueNode(request, FQDN, NODE_ID, IPV4, IPV6, nowMillis);
    }
}
