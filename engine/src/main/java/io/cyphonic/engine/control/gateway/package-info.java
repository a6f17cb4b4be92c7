/**
 * Asks the default gateway to let peers in: port mappings by PCP (RFC 6887), NAT-PMP (RFC 6886) and
 * UPnP IGD. Talks to the gateway and, for UPnP, to the SSDP multicast group on the gateway's
 * interface, and to nobody else: whatever an answer points to must be on the gateway itself. The
 * formats are pure and bounded; {@code SocketGatewayLink} has the sockets.
 */
package io.cyphonic.engine.control.gateway;
