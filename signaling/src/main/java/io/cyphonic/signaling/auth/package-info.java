/**
 * AS, the authentication service of the cloud: enrols nodes by invitation, logs them in by
 * certificate, hands out the common key for the NMS.
 *
 * <pre>
 *   TCP 7447 --> AuthenticationServer (connections, TLS 1.3, deadlines, limits)
 *                    | one request, the client's certificate, its source address
 *                    v
 *                AuthenticationService (decisions; no socket, no thread, no clock of its own)
 *                    |                    |
 *                 Registry          CertificateAuthority, CommonKeys
 * </pre>
 */
package io.cyphonic.signaling.auth;
