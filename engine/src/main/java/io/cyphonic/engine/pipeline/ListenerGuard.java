package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.counters.Counter;
import io.cyphonic.engine.counters.Counters;
import io.cyphonic.signaling.net.Endpoint;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a bug of the listener out of the data path: what it throws is counted, logged once, and
 * goes no further. One instance per data thread role.
 */
final class ListenerGuard implements DataPlaneListener {
    private static final Logger LOG = LoggerFactory.getLogger(ListenerGuard.class);

    private final DataPlaneListener listener;
    private final Counters.Lane counters;
    private boolean logged;

    ListenerGuard(DataPlaneListener listener, Counters.Lane counters) {
        this.listener = listener;
        this.counters = counters;
    }

    @Override
    public void onSignalingDatagram(byte[] datagram, Endpoint from) {
        try {
            listener.onSignalingDatagram(datagram, from);
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    @Override
    public void onControlMessage(int tunnelIndex, byte[] message, Endpoint from) {
        try {
            listener.onControlMessage(tunnelIndex, message, from);
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    @Override
    public void onTunnelWanted(byte[] virtualAddress) {
        try {
            listener.onTunnelWanted(virtualAddress);
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    @Override
    public void onSessionConfirmed(int tunnelIndex, int receiverIndex) {
        try {
            listener.onSessionConfirmed(tunnelIndex, receiverIndex);
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    @Override
    public void onEndpointChanged(int tunnelIndex, Endpoint from) {
        try {
            listener.onEndpointChanged(tunnelIndex, from);
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    @Override
    public void onDatagramTooLong(int tunnelIndex, int innerLength) {
        try {
            listener.onDatagramTooLong(tunnelIndex, innerLength);
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    private void failed(RuntimeException e) {
        counters.add(Counter.LISTENER_FAILURES, 1);
        if (!logged) {
            logged = true;
            LOG.error(
                    "the control plane failed on a call of the engine; further ones are counted",
                    e);
        }
    }
}
