package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.session.RelayChannel;
import io.cyphonic.signaling.handshake.SessionKeys;
import io.cyphonic.signaling.net.Endpoint;

import java.net.Inet4Address;
import java.net.Inet6Address;

/**
 * The packet engine as the control plane sees it: tunnels and sessions are opened, changed and
 * closed here, while packets flow. Every method may be called from any thread and returns without
 * waiting for the pipelines.
 *
 * <p>A <em>tunnel</em> is the lasting pairing with a peer and has a tunnel index; a
 * <em>session</em> is one pair of keys inside it and has a receiver index of ours, which the peer
 * writes into its capsules. A tunnel holds at most three sessions: previous, current and next.
 */
public interface DataPlane {
    /** No tunnel, no session: the tables are full. */
    int NONE = -1;

    /**
     * Opens a tunnel without a session; packets to it wait (bounded) until it has one.
     *
     * @param virtualIpv4 the peer's, or {@code null}
     * @param virtualIpv6 the peer's, or {@code null}
     * @param endpoint where to send first, or {@code null} while unknown
     * @return the tunnel index, 0 or more; or {@link #NONE} when no more tunnels are allowed
     */
    int openTunnel(Inet4Address virtualIpv4, Inet6Address virtualIpv6, Endpoint endpoint);

    /**
     * Reserves a receiver index for a session still being negotiated; unpredictable, unique.
     *
     * @return the index (any value but {@link #NONE}), or {@link #NONE} when none is left
     */
    int reserveReceiverIndex(int tunnelIndex);

    /** Gives back a reserved index whose handshake came to nothing. */
    void releaseReceiverIndex(int receiverIndex);

    /**
     * Installs the keys of a finished handshake. Opening works at once. Sealing switches to them at
     * once if {@code confirmed}; else with the first authentic capsule that arrives under them, so
     * that nothing is sent which the peer cannot open yet. The session before the present one is
     * wiped.
     *
     * @param tunnelIndex of an open tunnel
     * @param receiverIndex reserved for it
     * @param peerReceiverIndex the peer's index, to be written into capsules
     * @param keys taken over, and wiped with the session
     * @param confirmed true at the initiator, false at the responder
     */
    void installSession(
            int tunnelIndex,
            int receiverIndex,
            int peerReceiverIndex,
            SessionKeys keys,
            boolean confirmed);

    /** Sends to this endpoint from now on. */
    void moveEndpoint(int tunnelIndex, Endpoint endpoint);

    /** Where the tunnel sends at present, or {@code null}. */
    Endpoint endpoint(int tunnelIndex);

    /**
     * Sets the longest inner packet that the tunnel's path carries; longer ones are answered with
     * Packet Too Big or fragmented. No limit but the datagram's before the first call.
     */
    void pathMtu(int tunnelIndex, int innerMtu);

    /** See {@link #pathMtu(int, int)}; 0 for a tunnel that is not open. */
    int pathMtu(int tunnelIndex);

    /** Bytes that a relay adds to each datagram of the tunnel at present; 0 on a direct path. */
    default int relayOverhead(int tunnelIndex) {
        return 0;
    }

    /**
     * Whatever the tunnel sends to the endpoint of this channel goes through the relay from now on;
     * all else goes as it is. A tunnel that sends to its relay at present goes on with the new one.
     *
     * @param channel or {@code null} for none
     */
    void setRelay(int tunnelIndex, RelayChannel channel);

    /**
     * Sends one signaling datagram through the tunnel's relay.
     *
     * @return false if the tunnel has no relay, or the kernel did not take it
     */
    boolean sendRelayed(int tunnelIndex, byte[] datagram, int length);

    /** Closes a tunnel, wipes its keys, drops what waits for it. Closing twice is harmless. */
    void closeTunnel(int tunnelIndex);

    /** Drops the packets that wait for a virtual address, because no tunnel will come. */
    void discardWaiting(byte[] virtualAddress);

    /**
     * Seals a control message and sends it in order with the packets. An empty message is a
     * keep-alive: the peer counts it and does nothing else.
     *
     * @param to the endpoint to use for this one capsule, or {@code null} for the tunnel's
     * @return false if the tunnel has no session to seal with or the queue is full
     */
    boolean sendControl(int tunnelIndex, byte[] message, Endpoint to);

    /**
     * As {@link #sendControl}, but the message is urgent: it may be received before packets that
     * were sent before it. For what decides about paths: behind bulk an answer would say how much
     * waits, and another path would seem the better one.
     *
     * @return false if the tunnel has no session to seal with or the queue is full
     */
    boolean sendUrgentControl(int tunnelIndex, byte[] message, Endpoint to);

    /**
     * Sends one signaling datagram from the tunnels' socket.
     *
     * @return whether the kernel took it
     */
    boolean sendSignaling(byte[] datagram, int length, Endpoint to);

    /** Traffic of a tunnel so far; all zero for one that is not open. */
    TunnelTraffic traffic(int tunnelIndex);

    /**
     * Traffic of a tunnel.
     *
     * @param packetsIn inner packets handed to the TUN device
     * @param bytesIn their bytes
     * @param packetsOut inner packets sealed and sent
     * @param bytesOut their bytes
     * @param lastReceivedNanos when the last authentic capsule came, in the engine's clock; 0 never
     * @param lastDeliveredNanos when the last inner packet was handed to the TUN device; 0 never
     * @param lastSentNanos when the last capsule was sent; 0 never
     * @param sealedWithCurrentKey capsules sealed with the present key, for rekey by count
     * @param currentSinceNanos when the present key was installed; 0 if there is none
     */
    record TunnelTraffic(
            long packetsIn,
            long bytesIn,
            long packetsOut,
            long bytesOut,
            long lastReceivedNanos,
            long lastDeliveredNanos,
            long lastSentNanos,
            long sealedWithCurrentKey,
            long currentSinceNanos) {}
}
