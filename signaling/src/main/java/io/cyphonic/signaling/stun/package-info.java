/**
 * STUN, the part of it that shows a node its own address as others see it: the Binding method of
 * RFC 8489 with the attributes of RFC 5780 for finding out how a NAT behaves. Nodes ask, the cloud
 * answers; both sides are here. No credentials, no sockets, no clocks: bytes in, bytes out.
 */
package io.cyphonic.signaling.stun;
