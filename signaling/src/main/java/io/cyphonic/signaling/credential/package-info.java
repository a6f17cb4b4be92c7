/**
 * Who a node is, and how it proves it: keys, certificates, the cloud's certificate authority, the
 * invitation, the keys shared with the NMS, and the TLS 1.3 login of the node.
 *
 * <pre>
 *   invitation --> AuthenticationClient.enrol --TLS 1.3, CA pinned by fingerprint--> AS
 *                      | certificate (name, virtual addresses, identity key, tunnel key)
 *                      v
 *                  AuthenticationClient.login --TLS 1.3, both sides by certificate--> AS
 *                      | common key (CommonKeys: any NMS member derives the same)
 *                      v
 *                  tunnels: each peer checks the other's certificate (CertificateVerifier)
 * </pre>
 *
 * <p>Bouncy Castle is used as a library, never as a registered provider: certificates are built and
 * parsed by its lightweight API, Ed25519 works on raw bytes that can be wiped. TLS is the JDK's.
 */
package io.cyphonic.signaling.credential;
