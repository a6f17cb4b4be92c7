package io.cyphonic.signaling.node;

import io.cyphonic.signaling.credential.CommonKeys;
import io.cyphonic.signaling.net.RateBuckets;
import io.cyphonic.signaling.protocol.ControlEnvelope;
import io.cyphonic.signaling.protocol.ControlMessage;
import io.cyphonic.signaling.protocol.ControlMessage.DirectionRequest;
import io.cyphonic.signaling.protocol.ControlMessage.Finalization;
import io.cyphonic.signaling.protocol.ControlMessage.FinalizationAck;
import io.cyphonic.signaling.protocol.ControlMessage.KeepAlive;
import io.cyphonic.signaling.protocol.ControlMessage.KeepAliveAck;
import io.cyphonic.signaling.protocol.ControlMessage.RegistrationRequest;
import io.cyphonic.signaling.protocol.ControlMessage.RegistrationResponse;
import io.cyphonic.signaling.protocol.ControlMessage.RevocationNotice;
import io.cyphonic.signaling.protocol.ControlMessage.RevocationQuery;
import io.cyphonic.signaling.protocol.ControlMessage.RouteDirectionConfirmation;
import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.sbe.Status;
import io.cyphonic.signaling.registry.NodeRecord;
import io.cyphonic.signaling.registry.NodeRecord.Registration;
import io.cyphonic.signaling.registry.Registry;

import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The NMS: turns a datagram of a node into datagrams to send. Stateless: what it knows is in the
 * registry, in the message, or derived from the secret that all NMS members share. Any number of
 * threads may call it at once; a call may wait for the registry's log, never for the network.
 *
 * <p>Every datagram moves exactly one counter, but for registrations that are too many: they are
 * answered and counted as such too. What is not authentic gets no answer, so that nobody can use
 * the NMS to send something to somebody else.
 */
public final class NodeManagement implements DatagramHandler {
    /** Most entries of a revocation notice. */
    public static final int MAX_REVOKED_PER_NOTICE = 32;

    /**
     * Registrations of one node that enter the log at once. Two families, and a few moves in a row.
     */
    static final int RECORDED_BURST = 32;

    /** Sustained time between two registrations of one node that enter the log. */
    static final long RECORDED_INTERVAL_NS = TimeUnit.SECONDS.toNanos(2);

    private static final int NODE_BUCKETS = 1 << 16;

    private final Registry registry;
    private final ControlKeys keys;
    private final AddressProofs proofs;
    private final Directions directions;
    private final NmsCounters counters;
    private final RelayGrants relays;
    private final LongSupplier nanoClock;
    private final RateBuckets recorded;

    /** Makes the handler of a cloud without relays. */
    public NodeManagement(
            Registry registry,
            byte[] nmsSecret,
            SecureRandom random,
            NmsCounters counters,
            LongSupplier nanoClock) {
        this(registry, nmsSecret, random, counters, RelayGrants.none(), nanoClock);
    }

    /**
     * Makes the handler.
     *
     * @param nmsSecret at least 32 bytes, the same on every member; copied
     * @param nanoClock monotonic, for the limit of registrations
     */
    public NodeManagement(
            Registry registry,
            byte[] nmsSecret,
            SecureRandom random,
            NmsCounters counters,
            RelayGrants relays,
            LongSupplier nanoClock) {
        this.relays = relays;
        this.registry = registry;
        this.keys = new ControlKeys(nmsSecret, random);
        this.proofs = new AddressProofs(nmsSecret);
        this.directions =
                new Directions(
                        registry, keys, new DirectionSeal(nmsSecret, random), relays, counters);
        this.counters = counters;
        this.nanoClock = nanoClock;
        this.recorded =
                new RateBuckets(
                        NODE_BUCKETS,
                        RECORDED_INTERVAL_NS,
                        RECORDED_BURST,
                        random.nextInt(),
                        nanoClock.getAsLong());
    }

    @Override
    public List<Reply> handle(
            byte[] datagram,
            int length,
            InetSocketAddress source,
            InetSocketAddress local,
            long nowMillis) {
        ControlEnvelope.Header header = ControlEnvelope.peek(datagram, length);
        if (header == null || header.direction() != ControlEnvelope.TO_NMS) {
            counters.count(NmsCounter.MALFORMED);
            return List.of();
        }
        ControlMessage message =
                keys.open(
                        datagram,
                        length,
                        header.nodeId(),
                        header.loginId(),
                        ControlEnvelope.TO_NMS);
        if (message == null) {
            counters.count(NmsCounter.NOT_AUTHENTIC);
            return List.of();
        }
        Request request =
                new Request(
                        header.nodeId(),
                        header.loginId(),
                        header.counter(),
                        source,
                        local,
                        nowMillis);
        return switch (message) {
            case RegistrationRequest registration -> register(request, registration);
            case KeepAlive keepAlive -> keepAlive(request, keepAlive);
            case DirectionRequest direction ->
                    directions.request(request, direction, admission(request));
            case RouteDirectionConfirmation confirmation ->
                    directions.confirm(request, confirmation, admission(request));
            case RevocationQuery query -> revocations(request, query);
            case Finalization finalization -> finalize(request, finalization);
            default -> {
                counters.count(NmsCounter.UNEXPECTED_MESSAGE);
                yield List.of();
            }
        };
    }

    /**
     * Notices of the newest revocations, one to every address of every registered node. A notice
     * reaches back as far as it has room, so that it also serves a node that missed earlier ones:
     * revocations are counted, hence the notice is complete from {@code revocationEpoch} minus the
     * number of its entries on.
     */
    public List<Reply> revocationNotices(long nowMillis) {
        long epoch = registry.revocationEpoch();
        List<Id128> newest =
                registry.revokedAfter(
                        Math.max(0, epoch - (MAX_REVOKED_PER_NOTICE - 1)), MAX_REVOKED_PER_NOTICE);
        RevocationNotice notice = new RevocationNotice(0, epoch, newest);
        List<Reply> replies = new ArrayList<>();
        for (NodeRecord node : registry.nodes()) {
            Registration registration = node.registration();
            if (registration != null
                    && CommonKeys.expiryMillis(registration.loginId()) > nowMillis) {
                for (InetSocketAddress address : Registrations.observed(registration)) {
                    replies.add(
                            new Reply(
                                    keys.seal(node.nodeId(), registration.loginId(), notice),
                                    address,
                                    null));
                }
            }
        }
        return replies;
    }

    private List<Reply> register(Request request, RegistrationRequest registration) {
        Status status = admission(request);
        if (status == Status.OK) {
            status = record(request, registration);
        }
        if (status == Status.OK) {
            relays.measured(request.nodeId(), registration.relayRoundTrips());
        }
        return answer(
                request,
                new RegistrationResponse(
                        registration.transactionId(),
                        status,
                        request.source(),
                        registry.revocationEpoch(),
                        proofs.of(request.nodeId(), request.loginId(), request.source())));
    }

    private Status record(Request request, RegistrationRequest message) {
        NodeRecord before = registry.findById(request.nodeId()).orElse(null);
        Registration registration =
                Registrations.of(request, proofs.confirmed(request, message), message.candidates());
        if (before != null
                && before.registration() != null
                && Registrations.isOld(registration, before.registration())) {
            // A duplicate, or played back from anywhere: the log need not grow for it.
            return registered(request, before);
        }
        // One that changes nothing is recorded too, for its counter: else it could be played back
        // from another address later. So the limit is all that keeps one node from filling the log.
        if (!recorded.allows(request.nodeId().hashCode(), nanoClock.getAsLong())) {
            counters.count(NmsCounter.REGISTRATION_LIMITED);
            return Status.UNAVAILABLE;
        }
        Status status = registry.register(request.nodeId(), registration);
        if (status != Status.OK) {
            return status == Status.PEER_UNKNOWN ? Status.UNAUTHORIZED : status;
        }
        return registered(request, registry.findById(request.nodeId()).orElse(null));
    }

    private static Status registered(Request request, NodeRecord node) {
        if (node == null || node.registration() == null) {
            return Status.NOT_REGISTERED;
        }
        if (node.registration().loginId() != request.loginId()) {
            // The node has logged in anew since; this is a late message of its former login.
            return Status.UNAUTHORIZED;
        }
        // The registry ignores what was overtaken or is replayed.
        return request.isRegistered(node) ? Status.OK : Status.NOT_REGISTERED;
    }

    private List<Reply> keepAlive(Request request, KeepAlive keepAlive) {
        Status status = admission(request);
        if (status == Status.OK
                && registry.findById(request.nodeId()).filter(request::isBestKnown).isEmpty()) {
            // Never registered, forgotten, or moved: its mapping in the NAT is another one now. Or
            // somebody else got his address confirmed.
            status = Status.NOT_REGISTERED;
        }
        return answer(
                request,
                new KeepAliveAck(
                        keepAlive.transactionId(),
                        status,
                        request.source(),
                        registry.revocationEpoch()));
    }

    private List<Reply> finalize(Request request, Finalization finalization) {
        Status status = admission(request);
        if (status == Status.OK) {
            status = registry.unregister(request.nodeId(), request.loginId());
        }
        return answer(request, new FinalizationAck(finalization.transactionId(), status));
    }

    private List<Reply> revocations(Request request, RevocationQuery query) {
        long epoch = registry.revocationEpoch();
        long after = Math.clamp(query.afterEpoch(), 0, epoch);
        List<Id128> revoked = registry.revokedAfter(after, MAX_REVOKED_PER_NOTICE);
        // A full notice ends where its list ends: the node asks again from there.
        long reached = revoked.size() < MAX_REVOKED_PER_NOTICE ? epoch : after + revoked.size();
        return answer(request, new RevocationNotice(query.transactionId(), reached, revoked));
    }

    /** Whether the sender may ask for anything. */
    private Status admission(Request request) {
        if (CommonKeys.expiryMillis(request.loginId()) <= request.nowMillis()) {
            return Status.UNAUTHORIZED;
        }
        Optional<NodeRecord> node = registry.findById(request.nodeId());
        if (node.isEmpty()) {
            return Status.UNAUTHORIZED;
        }
        return node.get().revoked() ? Status.FORBIDDEN : Status.OK;
    }

    private List<Reply> answer(Request request, ControlMessage message) {
        counters.count(NmsCounter.HANDLED);
        byte[] datagram = keys.seal(request.nodeId(), request.loginId(), message);
        return List.of(new Reply(datagram, request.source(), request.local()));
    }
}
