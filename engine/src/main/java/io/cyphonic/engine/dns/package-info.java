/**
 * The node's resolver: names of the zone are answered here, and the answer waits for the tunnel;
 * everything else goes to the servers the host used before.
 *
 * <pre>
 *  host -> UDP, TCP -> {@link io.cyphonic.engine.dns.NameResolver} (sockets, one virtual thread per query)
 *                        -> {@link io.cyphonic.engine.dns.QueryHandler} (bytes in, bytes out)
 *                             -> ZoneAnswers     in the zone: asks the control plane to reach the peer
 *                             -> ReverseAnswers  virtual addresses back to names
 *                             -> Upstream        other zones: the query goes on as it came
 * </pre>
 */
package io.cyphonic.engine.dns;
