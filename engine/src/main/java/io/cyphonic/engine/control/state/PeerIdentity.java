package io.cyphonic.engine.control.state;

import io.cyphonic.signaling.credential.NodeCertificate;
import io.cyphonic.signaling.protocol.Id128;

import java.net.Inet4Address;
import java.net.Inet6Address;

/**
 * Who a peer is, by a certificate that was verified.
 *
 * @param nodeId assigned by the cloud
 * @param fqdn lower case
 * @param virtualIpv4 unchanging
 * @param virtualIpv6 unchanging
 * @param tunnelKey X25519 public key, {@value #TUNNEL_KEY_LENGTH} bytes; not changed
 * @param notAfterMillis last moment the certificate holds, since the epoch
 */
public record PeerIdentity(
        Id128 nodeId,
        String fqdn,
        Inet4Address virtualIpv4,
        Inet6Address virtualIpv6,
        byte[] tunnelKey,
        long notAfterMillis) {
    /** Length of a tunnel key in bytes. */
    public static final int TUNNEL_KEY_LENGTH = 32;

    /** The identity that a certificate gives; the certificate must have been verified. */
    public static PeerIdentity of(NodeCertificate certificate) {
        return new PeerIdentity(
                certificate.nodeId(),
                certificate.fqdn(),
                certificate.virtualIpv4(),
                certificate.virtualIpv6(),
                certificate.tunnelKey(),
                certificate.notAfterMillis());
    }
}
