/**
 * Tunnels and their sessions as the data plane needs them: keys, counters, replay windows, and the
 * tables that find them by virtual address (shared state) or by receiver index (array).
 *
 * <pre>
 *   virtual address --SharedTunnelMap--&gt; tunnel index --TunnelTable--&gt; Tunnel --current--&gt; Session
 *   receiver index  --TunnelTable (array)-----------------------------------------------&gt; Session
 * </pre>
 */
package io.cyphonic.engine.session;
