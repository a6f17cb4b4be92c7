package io.cyphonic.engine.control.signaling;

import io.cyphonic.engine.control.ControlPlane.CloudPath;
import io.cyphonic.engine.control.ControlPlane.NodeState;
import io.cyphonic.engine.control.state.CloudRecord;
import io.cyphonic.engine.control.state.CloudRecord.LinkState;
import io.cyphonic.engine.control.tunnel.TunnelContext;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** How this node stands with the cloud, as commands and metrics show it. */
final class CloudStatus {
    private static final double NANOS_PER_MILLI = 1e6;

    private CloudStatus() {}

    static NodeState state(TunnelContext context) {
        CloudRecord record = context.state().cloud();
        if (record.isRegistered()) {
            return NodeState.REGISTERED;
        }
        return record.everRegistered() ? NodeState.OFFLINE : NodeState.STARTING;
    }

    /** The address of the NMS in use, or the first one configured. */
    static InetSocketAddress address(TunnelContext context) {
        CloudRecord record = context.state().cloud();
        return record.linkCount() > 0 ? record.endpoint(0) : context.settings().cloud().getFirst();
    }

    static List<CloudPath> paths(TunnelContext context) {
        CloudRecord record = context.state().cloud();
        List<CloudPath> paths = new ArrayList<>();
        for (int link = 0; link < record.linkCount(); link++) {
            long rtt = record.rttNanos(link);
            paths.add(
                    new CloudPath(
                            record.endpoint(link),
                            record.linkState(link) != LinkState.UNREGISTERED,
                            rtt < 0 ? Double.NaN : rtt / NANOS_PER_MILLI,
                            record.observed(link)));
        }
        return paths;
    }
}
