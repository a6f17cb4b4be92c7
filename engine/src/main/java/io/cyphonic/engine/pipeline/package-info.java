/**
 * The packet engine: two pipelines over rings of batches, and the port through which the control
 * plane opens tunnels and installs keys while packets flow.
 *
 * <pre>
 *  outbound                                    one slot = one batch
 *
 *   TUN --read--&gt; OutboundStage --publish--&gt; SealHandler 0 --+
 *   control           |   ^                  SealHandler 1 --+--all--&gt; SendHandler --UDP_SEGMENT--&gt; UDP
 *   messages ---------'   |                  ...           --+             |
 *                         `------------- gates: the ring is full ----------'
 *
 *   stage: order, tunnel, session, counters   workers: cut, seal   sender: runs of equal length
 *
 *  inbound
 *
 *   UDP --receive--&gt; InboundStage --publish--&gt; OpenHandler 0 --+
 *                        |    ^                OpenHandler 1 --+--all--&gt; DeliverHandler --write--&gt; TUN
 *      control plane &lt;---'    |                ...           --+             |   |
 *      (all but capsules)     `------------- gates: the ring is full --------'   `--&gt; control plane
 *
 *   stage: order, split, session   workers: open in a row   deliverer: replay window, source, join
 * </pre>
 *
 * <p>Order comes from the ring's sequence alone, in every mode: a slot that fails keeps its place
 * and is counted. Who runs the handlers depends on the mode ({@link
 * io.cyphonic.engine.pipeline.Pipelines}); how the last step moves between threads in the adaptive
 * mode, and why that is safe, is told in {@link io.cyphonic.engine.pipeline.Conveyor}.
 *
 * <p>To read it in the order of a packet's journey: {@code OutboundStage}, {@code SealHandler},
 * {@code SendHandler}, {@code InboundStage}, {@code OpenHandler}, {@code DeliverHandler}.
 */
package io.cyphonic.engine.pipeline;
