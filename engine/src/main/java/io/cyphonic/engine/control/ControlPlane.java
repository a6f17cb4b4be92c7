package io.cyphonic.engine.control;

import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.RelayServer;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * What the resolver, the command line and the metrics need of the signaling side of a node.
 * Thread-safe; nothing here waits unless it says so.
 */
public interface ControlPlane {
    /** How far this node has come with the cloud. */
    enum NodeState {
        /** Not registered yet. */
        STARTING,
        /** Registered; the cloud answers. */
        REGISTERED,
        /** Was registered; the cloud does not answer at present. Tunnels go on. */
        OFFLINE
    }

    /** How far a tunnel has come. */
    enum PeerState {
        /** Asked for, or being negotiated. */
        CONNECTING,
        /** Packets pass. */
        UP,
        /** Was up; nothing has come from the peer for too long. */
        DOWN
    }

    /** Which way a tunnel takes. */
    enum PathKind {
        /** Straight to the peer. */
        DIRECT,
        /** Through a TRS over UDP. */
        RELAY,
        /** Through a TRS over TCP. */
        TCP
    }

    /** The answer to {@link #reach}. */
    sealed interface Reached {
        /** The tunnel is up. */
        record Up(String fqdn, Inet4Address virtualIpv4, Inet6Address virtualIpv6)
                implements Reached {}

        /** The cloud knows no such name. */
        record Unknown() implements Reached {}

        /**
         * The name exists but there is no tunnel.
         *
         * @param reason one line for people
         */
        record Unreachable(String reason) implements Reached {}
    }

    /**
     * A peer as {@code status} shows it; times and sizes in the units of their names.
     *
     * @param endpoint or {@code null} while unknown
     * @param rttMillis of the last probe; NaN before the first
     * @param handshakeAgeSeconds age of the present keys; -1 before the first
     * @param mobility how the tunnel fared when its path changed
     */
    record Peer(
            String fqdn,
            Inet4Address virtualIpv4,
            Inet6Address virtualIpv6,
            PeerState state,
            PathKind path,
            Endpoint endpoint,
            double rttMillis,
            int pathMtu,
            long handshakeAgeSeconds,
            long bytesIn,
            long bytesOut,
            long packetsIn,
            long packetsOut,
            Mobility mobility) {
        /** Of a tunnel whose path has never changed. */
        public Peer(
                String fqdn,
                Inet4Address virtualIpv4,
                Inet6Address virtualIpv6,
                PeerState state,
                PathKind path,
                Endpoint endpoint,
                double rttMillis,
                int pathMtu,
                long handshakeAgeSeconds,
                long bytesIn,
                long bytesOut,
                long packetsIn,
                long packetsOut) {
            this(
                    fqdn,
                    virtualIpv4,
                    virtualIpv6,
                    state,
                    path,
                    endpoint,
                    rttMillis,
                    pathMtu,
                    handshakeAgeSeconds,
                    bytesIn,
                    bytesOut,
                    packetsIn,
                    packetsOut,
                    Mobility.NONE);
        }
    }

    /**
     * What became of a tunnel when paths failed or an end moved.
     *
     * @param pathChanges how often the tunnel went from one path to another
     * @param outages times in which nothing came through although something should have
     * @param lastOutageMillis length of the last one; NaN if there was none
     * @param worstOutageMillis length of the worst one; NaN if there was none
     */
    record Mobility(
            int pathChanges, long outages, double lastOutageMillis, double worstOutageMillis) {
        /** Nothing has happened. */
        public static final Mobility NONE = new Mobility(0, 0, Double.NaN, Double.NaN);
    }

    /**
     * What the NMS last said at one of its addresses, as {@code netcheck} shows it.
     *
     * @param answering whether it answered the last request
     * @param rttMillis of the last answer; NaN before the first
     * @param observed the source address the NMS saw, or {@code null} before the first answer
     */
    record CloudPath(
            InetSocketAddress nms,
            boolean answering,
            double rttMillis,
            InetSocketAddress observed) {}

    /** How far this node has come with the cloud. */
    NodeState state();

    /** The cloud address in use, or the first configured one. */
    InetSocketAddress cloudAddress();

    /** Completes when the node is registered for the first time; never exceptionally. */
    CompletableFuture<Void> registered();

    /**
     * Looks a name up and brings the tunnel to it up, or finds it up. Bounded in time; many callers
     * for one name share one attempt. Never completes exceptionally.
     *
     * @param fqdn inside the zone, case does not matter
     */
    CompletableFuture<Reached> reach(String fqdn);

    /**
     * Measures the way to a peer whose tunnel is up with one authenticated probe.
     *
     * @return the round-trip time in nanoseconds; negative if no answer came within a second
     */
    CompletableFuture<Long> probe(String fqdn);

    /** Every peer with a tunnel or an attempt, by name. */
    List<Peer> peers();

    /** The relays that the cloud named at the last login. */
    default List<RelayServer> relays() {
        return List.of();
    }

    /** How often the network of this node has changed since it was started. */
    default long networkChanges() {
        return 0;
    }

    /** Every NMS address tried since the last login, with what came of it. */
    default List<CloudPath> cloudPaths() {
        return List.of();
    }
}
