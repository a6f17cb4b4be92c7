/**
 * The TRS, tunnel relay service: passes datagrams between the two ends of a path whose nodes cannot
 * reach each other, whatever families they use. {@code RelayLogic} is bytes and time in, verdict
 * out; {@code RelayService} gives it sockets and the one thread that owns all of its state. It
 * knows ids of nodes, no names and no content: a grant of the NMS is the right of a node to a
 * channel, and what passes is sealed end to end.
 */
package io.cyphonic.signaling.relay;
