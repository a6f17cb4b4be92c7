/**
 * How two nodes get the keys of a session.
 *
 * <pre>
 *   TunnelHandshake, TunnelRequest    the datagrams: headers, mac1, mac2, payloads
 *     IkHandshake                     the Noise pattern IK
 *       SymmetricState                its keys and transcript
 *         NoiseCipher, NoiseHash      the primitives of the JDK and Bouncy Castle
 *   CookieGuard                       what stands in front of it under load
 *   SessionKeys                       what comes out
 * </pre>
 *
 * <p>Sans I/O: bytes, time and randomness are parameters. Secrets are in arrays that are
 * overwritten as soon as they are of no more use.
 */
package io.cyphonic.signaling.handshake;
