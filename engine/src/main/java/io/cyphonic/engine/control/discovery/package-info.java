/**
 * What this node finds out about the network around it: its mapped addresses and the behaviour of
 * the NATs on the way, with STUN (RFC 8489, RFC 5780, RFC 4787).
 *
 * <p>{@code StunClient} asks from the tunnels' socket, since its mapping is the one that peers can
 * use. {@code BehaviourDiscovery} asks from sockets of its own, made for one measurement: what a
 * NAT lets in depends on whom a socket has sent to before, so the tunnels' socket would give wrong
 * answers.
 */
package io.cyphonic.engine.control.discovery;
