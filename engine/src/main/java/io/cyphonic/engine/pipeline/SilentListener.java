package io.cyphonic.engine.pipeline;

import io.cyphonic.signaling.net.Endpoint;

/** {@link DataPlaneListener#NONE}. */
final class SilentListener implements DataPlaneListener {
    @Override
    public void onSignalingDatagram(byte[] datagram, Endpoint from) {}

    @Override
    public void onControlMessage(int tunnelIndex, byte[] message, Endpoint from) {}

    @Override
    public void onTunnelWanted(byte[] virtualAddress) {}

    @Override
    public void onSessionConfirmed(int tunnelIndex, int receiverIndex) {}

    @Override
    public void onEndpointChanged(int tunnelIndex, Endpoint from) {}
}
