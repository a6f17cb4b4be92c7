package io.cyphonic.engine.control.tunnel;

import io.cyphonic.engine.control.ControlRuntime;
import io.cyphonic.engine.control.ControlSettings;
import io.cyphonic.engine.control.LocalAddresses;
import io.cyphonic.engine.control.NodeIdentity;
import io.cyphonic.engine.control.state.CloudRecord;
import io.cyphonic.engine.control.state.SharedState;
import io.cyphonic.engine.counters.DropReason;
import io.cyphonic.engine.pipeline.DataPlane;
import io.cyphonic.signaling.credential.CertificateVerifier;

import java.util.function.Consumer;

/**
 * The collaborators that all tunnel handlers share. None of them is the state of a tunnel: that is
 * in {@link SharedState} alone.
 *
 * @param drops counts what comes in and is not used
 */
public record TunnelContext(
        ControlRuntime runtime,
        DataPlane dataPlane,
        SharedState state,
        NodeIdentity identity,
        CertificateVerifier verifier,
        LocalAddresses addresses,
        ControlSettings settings,
        PeerLocks locks,
        ReachWaiters waiters,
        Consumer<DropReason> drops) {

    long nowNanos() {
        return runtime.nanoTime();
    }

    /** The monotonic clock in milliseconds: the unit of expiries. */
    public long nowMillis() {
        return SharedState.millis(runtime.nanoTime());
    }

    /** Whether this node reaches the cloud through a bridge only. */
    public boolean isUdpBlocked() {
        CloudRecord cloud = state.cloud();
        boolean bridged = false;
        for (int link = 0; link < cloud.linkCount(); link++) {
            if (cloud.linkState(link) != CloudRecord.LinkState.UNREGISTERED) {
                if (!cloud.isBridged(link)) {
                    return false;
                }
                bridged = true;
            }
        }
        return bridged;
    }

    void countInvalid() {
        drops.accept(DropReason.SIGNALING_INVALID);
    }
}
