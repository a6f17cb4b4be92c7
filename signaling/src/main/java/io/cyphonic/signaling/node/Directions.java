package io.cyphonic.signaling.node;

import io.cyphonic.signaling.credential.CommonKeys;
import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.ControlEnvelope;
import io.cyphonic.signaling.protocol.ControlMessage;
import io.cyphonic.signaling.protocol.ControlMessage.DirectionRequest;
import io.cyphonic.signaling.protocol.ControlMessage.RouteDirectionConfirmation;
import io.cyphonic.signaling.protocol.ControlMessage.RouteDirectionToInitiator;
import io.cyphonic.signaling.protocol.ControlMessage.RouteDirectionToResponder;
import io.cyphonic.signaling.protocol.ControlMessageCodec;
import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.RelayGrant;
import io.cyphonic.signaling.protocol.RelayHeader;
import io.cyphonic.signaling.protocol.sbe.Procedure;
import io.cyphonic.signaling.protocol.sbe.Status;
import io.cyphonic.signaling.registry.NodeRecord;
import io.cyphonic.signaling.registry.Registry;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The direction of a path: who may reach whom, and by which procedure.
 *
 * <pre>
 *  initiator                     NMS                       responder
 *     | DirectionRequest          |                            |
 *     |--------------------------&gt;| RouteDirectionToResponder  |
 *     |                           |---------------------------&gt;|
 *     |                           | RouteDirectionConfirmation |
 *     | RouteDirectionToInitiator |&lt;---------------------------|
 *     |&lt;--------------------------|
 * </pre>
 *
 * <p>Between the two halves nothing is kept: the responder carries the sealed state back. A
 * repeated request repeats the whole exchange for the same path.
 */
final class Directions {
    /** How long the responder may take for its confirmation. */
    static final long CONFIRMATION_LIFE_MILLIS = 10_000;

    /** Grants count from multiples of this. Less than the time after which a node asks again. */
    static final long SPAN_MILLIS = 5_000;

    private final Registry registry;
    private final ControlKeys keys;
    private final DirectionSeal seal;
    private final RelayGrants relays;
    private final NmsCounters counters;

    Directions(
            Registry registry,
            ControlKeys keys,
            DirectionSeal seal,
            RelayGrants relays,
            NmsCounters counters) {
        this.relays = relays;
        this.registry = registry;
        this.keys = keys;
        this.seal = seal;
        this.counters = counters;
    }

    List<Reply> request(Request request, DirectionRequest direction, Status admission) {
        if (admission != Status.OK) {
            return refuse(request, direction, admission);
        }
        NodeRecord initiator = registry.findById(request.nodeId()).orElse(null);
        if (initiator == null || !request.isRegistered(initiator)) {
            return refuse(request, direction, Status.NOT_REGISTERED);
        }
        NodeRecord responder = find(direction).orElse(null);
        Status status = reachable(initiator, responder, request.nowMillis());
        if (status != Status.OK) {
            return refuse(request, direction, status);
        }
        Procedure procedure =
                RouteDecider.decide(initiator.registration(), responder.registration());
        int relayId = relays.choose(initiator.nodeId(), responder.nodeId());
        if (procedure == Procedure.RELAY && relayId == RelayGrants.NONE) {
            // There is no other way between two families.
            return refuse(request, direction, Status.UNAVAILABLE);
        }
        Id128 pathId =
                seal.pathId(
                        initiator.nodeId(),
                        request.loginId(),
                        responder.nodeId(),
                        direction.transactionId());
        DirectionState state =
                new DirectionState(
                        initiator.nodeId(),
                        request.loginId(),
                        request.source(),
                        responder.nodeId(),
                        pathId,
                        direction.transactionId(),
                        procedure,
                        request.nowMillis() + CONFIRMATION_LIFE_MILLIS,
                        relayId);
        return toResponder(initiator, responder, state, grant(state, RelayHeader.RESPONDER));
    }

    List<Reply> confirm(Request request, RouteDirectionConfirmation answer, Status admission) {
        DirectionState state = seal.open(answer.pathId(), answer.sealedState());
        if (state == null
                || !state.pathId().equals(answer.pathId())
                || !state.responderId().equals(request.nodeId())
                || state.transactionId() != answer.transactionId()
                || state.expiryMillis() <= request.nowMillis()) {
            counters.count(NmsCounter.STATE_REJECTED);
            return List.of();
        }
        NodeRecord responder = registry.findById(request.nodeId()).orElse(null);
        NodeRecord initiator = registry.findById(state.initiatorId()).orElse(null);
        if (admission != Status.OK
                || responder == null
                || responder.registration() == null
                || initiator == null
                || initiator.revoked()) {
            counters.count(NmsCounter.CONFIRMATION_OBSOLETE);
            return List.of();
        }
        counters.count(NmsCounter.HANDLED);
        RelayGrant grant = grant(state, RelayHeader.INITIATOR);
        return List.of(
                answer.status() == Status.OK
                        ? toInitiator(state, acceptance(state, responder, grant))
                        : toInitiator(state, refusal(state.transactionId(), answer.status())));
    }

    /**
     * Both ends of a path get grants that end at the same time: if both have asked at once, they
     * choose between two paths by that, and have to choose alike. A request that came twice, over
     * two families or as a copy, is answered twice, at two times; so a grant counts from the
     * beginning of a span that both are in, but rarely not.
     */
    private RelayGrant grant(DirectionState state, int side) {
        long askedMillis = state.expiryMillis() - CONFIRMATION_LIFE_MILLIS;
        long spanMillis = askedMillis - Math.floorMod(askedMillis, SPAN_MILLIS);
        Id128 owner = side == RelayHeader.RESPONDER ? state.responderId() : state.initiatorId();
        return relays.make(state.relayId(), state.pathId(), side, owner, spanMillis);
    }

    private Optional<NodeRecord> find(DirectionRequest direction) {
        if (!direction.fqdn().isEmpty()) {
            return registry.findByFqdn(direction.fqdn());
        }
        return direction.virtualAddress() == null
                ? Optional.empty()
                : registry.findByVirtualAddress(direction.virtualAddress());
    }

    private static Status reachable(NodeRecord initiator, NodeRecord responder, long nowMillis) {
        if (responder == null || responder.nodeId().equals(initiator.nodeId())) {
            return Status.PEER_UNKNOWN;
        }
        if (responder.revoked()) {
            return Status.FORBIDDEN;
        }
        // Keep-alives are not recorded; a registration ends with its login at the latest.
        if (responder.registration() == null
                || CommonKeys.expiryMillis(responder.registration().loginId()) <= nowMillis) {
            return Status.PEER_OFFLINE;
        }
        return Status.OK;
    }

    private List<Reply> toResponder(
            NodeRecord initiator, NodeRecord responder, DirectionState state, RelayGrant grant) {
        byte[] sealedState = seal.seal(state);
        byte[] datagram =
                keys.seal(
                        responder.nodeId(),
                        responder.registration().loginId(),
                        fitting(
                                Registrations.candidates(initiator.registration()),
                                candidates ->
                                        new RouteDirectionToResponder(
                                                state.transactionId(),
                                                state.pathId(),
                                                initiator.nodeId(),
                                                initiator.virtualIpv4(),
                                                initiator.virtualIpv6(),
                                                state.procedure(),
                                                candidates,
                                                initiator.fqdn(),
                                                sealedState,
                                                grant)));
        counters.count(NmsCounter.HANDLED);
        // Over every family it registered: one of its ways may be gone, and twice is harmless.
        List<Reply> replies = new ArrayList<>(2);
        for (InetSocketAddress address : Registrations.observed(responder.registration())) {
            replies.add(new Reply(datagram, address, null));
        }
        return replies;
    }

    private Reply toInitiator(DirectionState state, ControlMessage message) {
        byte[] datagram = keys.seal(state.initiatorId(), state.initiatorLoginId(), message);
        return new Reply(datagram, state.initiator(), null);
    }

    private List<Reply> refuse(Request request, DirectionRequest direction, Status status) {
        counters.count(NmsCounter.HANDLED);
        byte[] datagram =
                keys.seal(
                        request.nodeId(),
                        request.loginId(),
                        refusal(direction.transactionId(), status));
        return List.of(new Reply(datagram, request.source(), request.local()));
    }

    private static ControlMessage acceptance(
            DirectionState state, NodeRecord responder, RelayGrant grant) {
        return fitting(
                Registrations.candidates(responder.registration()),
                candidates ->
                        new RouteDirectionToInitiator(
                                state.transactionId(),
                                Status.OK,
                                state.pathId(),
                                responder.nodeId(),
                                responder.virtualIpv4(),
                                responder.virtualIpv6(),
                                state.procedure(),
                                candidates,
                                responder.fqdn(),
                                responder.certificate(),
                                grant));
    }

    /** A status and nothing else; the procedure means nothing without OK. */
    private static RouteDirectionToInitiator refusal(long transactionId, Status status) {
        return new RouteDirectionToInitiator(
                transactionId,
                status,
                Id128.NONE,
                Id128.NONE,
                null,
                null,
                Procedure.DIRECT,
                List.of(),
                "",
                new byte[0],
                null);
    }

    /** Leaves out candidates from the end until the message fits a datagram. */
    private static ControlMessage fitting(
            List<Candidate> candidates, Function<List<Candidate>, ControlMessage> builder) {
        int count = candidates.size();
        ControlMessage message = builder.apply(candidates);
        while (count > 1
                && ControlMessageCodec.encode(message).length
                        > ControlEnvelope.MAX_MESSAGE_LENGTH) {
            count--;
            message = builder.apply(candidates.subList(0, count));
        }
        return message;
    }
}
