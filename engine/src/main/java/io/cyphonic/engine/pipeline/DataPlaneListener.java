package io.cyphonic.engine.pipeline;

import io.cyphonic.signaling.net.Endpoint;

/**
 * What the packet engine tells the control plane. Called on the engine's threads, which must not
 * wait: implementations hand the matter over (to a virtual thread) and return. The arrays are
 * copies and belong to the listener.
 */
public interface DataPlaneListener {
    /** Of an engine without a control plane. */
    DataPlaneListener NONE = new SilentListener();

    /**
     * A datagram that is not a capsule came in: a handshake message, a control envelope, or noise.
     */
    void onSignalingDatagram(byte[] datagram, Endpoint from);

    /** An authentic control capsule came in through a tunnel. */
    void onControlMessage(int tunnelIndex, byte[] message, Endpoint from);

    /**
     * The host sent a packet to a virtual address that has no tunnel; the engine holds some of
     * these back. Reported at most once a second per address.
     *
     * @param virtualAddress 4 or 16 bytes
     */
    void onTunnelWanted(byte[] virtualAddress);

    /** The first authentic capsule of a session arrived: the peer has the keys too. */
    void onSessionConfirmed(int tunnelIndex, int receiverIndex);

    /**
     * An authentic, fresh capsule came from elsewhere than the tunnel's endpoint. Reported at most
     * five times a second per tunnel; the engine changes nothing by itself.
     */
    void onEndpointChanged(int tunnelIndex, Endpoint from);

    /**
     * The kernel refused a capsule as longer than the interface on its way carries. Reported for
     * every control capsule, and ten times a second per tunnel for packets.
     *
     * @param innerLength bytes of the inner packet or control message
     */
    default void onDatagramTooLong(int tunnelIndex, int innerLength) {}
}
