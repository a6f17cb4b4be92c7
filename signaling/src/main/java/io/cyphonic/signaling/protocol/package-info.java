/**
 * What goes over the wires, as values and as bytes; docs/protocol.md draws all of it.
 *
 * <pre>
 *   ControlMessage  --ControlMessageCodec--&gt;  SBE bytes  --+-- TlsFrames      (node and AS)
 *                                                        +-- ControlCipher  (node and NMS)
 *                                                        +-- handshake      (node and node)
 *                                                        +-- capsules       (node and node)
 * </pre>
 *
 * <p>Nothing here opens a socket, reads a clock or keeps state. Bytes from outside never cause an
 * exception: what cannot be read is {@code null}.
 */
package io.cyphonic.signaling.protocol;
