/**
 * The registry's replicated log: Aeron Cluster with one member, driver, archive, consensus module
 * and service in this process. The only package that knows Aeron.
 *
 * <pre>
 *  any thread          cluster-client        consensus module     archive          service
 *  ClusterRegistry --&gt; CommandClient ------&gt; log (IPC) ---------&gt; disk, fsync
 *        ^               |       ^             |  committed &lt;-------+
 *        |               |       |             +------------------------------&gt; RegistryStateMachine
 *        +---------------+       +------------------------------------------------ outcome
 * </pre>
 *
 * <p><b>Durability.</b> With file sync level 1 an entry is committed, applied and acknowledged only
 * after the archive wrote it and called fdatasync: it survives {@code kill -9} and, as far as the
 * disk keeps its promises, a power cut. Level 0 leaves it to the page cache: {@code kill -9} is
 * still harmless, a power cut loses the last seconds.
 *
 * <p><b>Bound on disk.</b> {@code LogUpkeep} takes a snapshot whenever the log has grown by a set
 * number of bytes and then deletes the log before it and all snapshots but two.
 *
 * <p><b>Quiet when idle.</b> The agents sleep 25 milliseconds at a time and are woken by the client
 * when there is work ({@code AgentPacing}).
 */
package io.cyphonic.signaling.cluster;
