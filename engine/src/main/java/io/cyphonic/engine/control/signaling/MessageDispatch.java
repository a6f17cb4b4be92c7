package io.cyphonic.engine.control.signaling;

import io.cyphonic.engine.control.cloud.CloudLink;
import io.cyphonic.engine.control.cloud.CloudRequests;
import io.cyphonic.engine.control.cloud.Revocations;
import io.cyphonic.engine.control.discovery.StunClient;
import io.cyphonic.engine.control.state.TransactionRecord.Kind;
import io.cyphonic.engine.control.tunnel.Directions;
import io.cyphonic.engine.control.tunnel.Initiator;
import io.cyphonic.engine.control.tunnel.PathMtus;
import io.cyphonic.engine.control.tunnel.Paths;
import io.cyphonic.engine.control.tunnel.Probes;
import io.cyphonic.engine.control.tunnel.Relays;
import io.cyphonic.engine.control.tunnel.Responder;
import io.cyphonic.engine.control.tunnel.Tunnels;
import io.cyphonic.engine.counters.DropReason;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.ControlMessage;
import io.cyphonic.signaling.protocol.ControlMessageCodec;
import io.cyphonic.signaling.protocol.DatagramType;
import io.cyphonic.signaling.protocol.RelayHeader;

import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Finds the handler of a message. The first byte of a datagram and the type of a message decide;
 * what nobody handles is counted. Never throws for what a peer sends.
 */
final class MessageDispatch {
    private final CloudRequests requests;
    private final CloudLink cloud;
    private final Revocations revocations;
    private final Directions directions;
    private final Initiator initiator;
    private final Responder responder;
    private final Probes probes;
    private final PathMtus pathMtus;
    private final Tunnels tunnels;
    private final StunClient stun;
    private final Relays relays;
    private final Paths paths;
    private final Runnable finalized;
    private final Consumer<DropReason> drops;

    MessageDispatch(
            CloudRequests requests,
            CloudLink cloud,
            Revocations revocations,
            Directions directions,
            Initiator initiator,
            Responder responder,
            Probes probes,
            PathMtus pathMtus,
            Tunnels tunnels,
            StunClient stun,
            Relays relays,
            Paths paths,
            Runnable finalized,
            Consumer<DropReason> drops) {
        this.requests = requests;
        this.cloud = cloud;
        this.revocations = revocations;
        this.directions = directions;
        this.initiator = initiator;
        this.responder = responder;
        this.probes = probes;
        this.pathMtus = pathMtus;
        this.tunnels = tunnels;
        this.stun = stun;
        this.relays = relays;
        this.paths = paths;
        this.finalized = finalized;
        this.drops = drops;
    }

    void datagram(byte[] datagram, Endpoint from) {
        switch (datagram.length == 0 ? 0 : datagram[0]) {
            case DatagramType.TUNNEL_REQUEST -> responder.onRequest(datagram, from);
            case DatagramType.TUNNEL_RESPONSE -> initiator.onResponse(datagram, from);
            case DatagramType.COOKIE_REPLY -> initiator.onCookieReply(datagram, from);
            case DatagramType.CONTROL -> control(datagram, from);
            case DatagramType.RELAY -> relayed(datagram, from);
            case DatagramType.RELAY_CHALLENGE,
                    DatagramType.RELAY_BOUND,
                    DatagramType.RELAY_REFUSED ->
                    relays.onMessage(datagram, from);
            case DatagramType.HOLE_PUNCH -> {
                // It has done its work on the way here.
            }
            default -> stun(datagram, from);
        }
    }

    private void stun(byte[] datagram, Endpoint from) {
        if (!stun.onDatagram(datagram, from)) {
            countInvalid();
        }
    }

    /** A handshake that came through a relay; the header in front says nothing to us. */
    private void relayed(byte[] datagram, Endpoint from) {
        int length = Math.max(0, datagram.length - RelayHeader.LENGTH);
        byte[] inner = Arrays.copyOfRange(datagram, datagram.length - length, datagram.length);
        switch (length == 0 ? 0 : inner[0]) {
            case DatagramType.TUNNEL_REQUEST -> responder.onRelayedRequest(inner, from);
            case DatagramType.TUNNEL_RESPONSE -> initiator.onResponse(inner, from);
            default -> countInvalid();
        }
    }

    private void control(byte[] datagram, Endpoint from) {
        switch (requests.open(datagram)) {
            case ControlMessage.RegistrationResponse response ->
                    cloud.onRegistrationResponse(response);
            case ControlMessage.KeepAliveAck ack -> cloud.onKeepAliveAck(ack);
            case ControlMessage.RouteDirectionToInitiator direction ->
                    directions.onRouteDirectionToInitiator(direction);
            case ControlMessage.RouteDirectionToResponder direction ->
                    directions.onRouteDirectionToResponder(direction, from);
            case ControlMessage.RevocationNotice notice -> revocations.onNotice(notice, cloud);
            case ControlMessage.FinalizationAck ack -> finalization(ack);
            case null, default -> countInvalid();
        }
    }

    private void finalization(ControlMessage.FinalizationAck ack) {
        if (requests.take(ack.transactionId(), Kind.FINALIZATION) != null) {
            finalized.run();
        }
    }

    /** While the node says goodbye, nothing counts but the cloud's answer to that. */
    void farewell(byte[] datagram) {
        switch (requests.open(datagram)) {
            case ControlMessage.FinalizationAck ack -> finalization(ack);
            case null -> countInvalid();
            default -> {
                // A late answer.
            }
        }
    }

    void capsule(int tunnelIndex, byte[] message, Endpoint from) {
        switch (ControlMessageCodec.decode(message, 0, message.length)) {
            case ControlMessage.PathProbe probe -> probes.onProbe(tunnelIndex, probe, from);
            case ControlMessage.PathProbeAck ack -> probes.onProbeAck(tunnelIndex, ack, from);
            case ControlMessage.MtuProbe probe ->
                    pathMtus.onProbe(tunnelIndex, probe, message.length, from);
            case ControlMessage.MtuProbeAck ack -> pathMtus.onProbeAck(tunnelIndex, ack);
            case ControlMessage.TunnelClose _ -> tunnels.onTunnelClose(tunnelIndex);
            case ControlMessage.CandidateUpdate update -> paths.onUpdate(tunnelIndex, update, from);
            case ControlMessage.CandidateUpdateAck ack -> paths.onUpdateAck(tunnelIndex, ack);
            case null, default -> countInvalid();
        }
    }

    private void countInvalid() {
        drops.accept(DropReason.SIGNALING_INVALID);
    }
}
