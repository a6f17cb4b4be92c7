package io.cyphonic.engine.control.tunnel;

import io.cyphonic.engine.control.TlsBridges;
import io.cyphonic.engine.control.policy.RelayGrantPolicy;
import io.cyphonic.engine.control.state.PathRecord.Kind;
import io.cyphonic.engine.control.state.RelayRecord;
import io.cyphonic.engine.control.state.TunnelRecord;
import io.cyphonic.engine.session.RelayChannel;
import io.cyphonic.signaling.handshake.RelayCode;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.RelayGrant;
import io.cyphonic.signaling.protocol.RelayHeader;
import io.cyphonic.signaling.protocol.RelayMessage;

import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Binds the relay of each tunnel and keeps it bound, whether it is in use or not: falling back must
 * not wait for it.
 *
 * <pre>
 *   grant --Bind--&gt; [binding] --Challenge, Bind with cookie, Bound--&gt; [bound] --every 15 s--+
 *                      |  three unanswered: the relay's next address, at last over TLS      |
 *                      +&lt;----------------------------------------------------------------+
 * </pre>
 *
 * All is in the records; what a stranger sends fails the code of the message and changes nothing.
 */
public final class Relays {
    private static final long REFRESH_NANOS = TimeUnit.SECONDS.toNanos(15);
    private static final long FIRST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long PEER_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(300);
    private static final long PEER_WAIT_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(6);
    private static final long REFRESH_GAP_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    private static final long FULL_WAIT_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final long ASK_GAP_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long KEEP_MILLIS = TimeUnit.SECONDS.toMillis(60);

    /** A grant is renewed by the wall clock, which may jump: so often at least it is looked at. */
    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long BIND_LIFE_MILLIS = TimeUnit.SECONDS.toMillis(10);
    private static final int TRIES_PER_TARGET = 3;
    private static final int TRIES_LATER = 2;
    private static final int MAX_BACKOFF_DOUBLINGS = 5;
    private static final byte[] NO_COOKIE = new byte[RelayMessage.COOKIE_LENGTH];

    private final TunnelContext context;
    private final RelayTargets targets;
    private final Listener listener;
    private final AtomicLong sequence;

    /** Of the tick alone: nothing is due before it unless a record has changed. */
    private long nextLook;

    private long seenChanges = -1;

    /** Is told of relays. */
    public interface Listener {
        /** A relay can be used, at another place than before, or the peer is there now as well. */
        void onRelay(Id128 nodeId, InetSocketAddress endpoint, Kind kind);

        /** The cloud is to be asked for the way to this peer again: the grant ends. */
        void onGrantNeeded(Id128 nodeId);
    }

    /** Binds the relays of a context. */
    public Relays(TunnelContext context, TlsBridges bridges, Listener listener) {
        this.context = context;
        this.targets = new RelayTargets(context, bridges);
        this.listener = listener;
        this.sequence = new AtomicLong(context.runtime().wallMillis() << 20);
    }

    /** The cloud lets this node use a relay for a path. Takes the peer's lock. */
    void onGrant(Id128 nodeId, Id128 pathId, RelayGrant grant) {
        if (grant == null) {
            return;
        }
        context.locks().with(nodeId, () -> use(nodeId, pathId, grant));
        Arrays.fill(grant.channelKey(), (byte) 0);
    }

    private void use(Id128 nodeId, Id128 pathId, RelayGrant grant) {
        RelayRecord present = context.state().relays().find(nodeId);
        if (present != null
                && !RelayGrantPolicy.replaces(
                        pathId,
                        grant.expiryMillis(),
                        present.pathId(),
                        present.grantExpiryMillis())) {
            return;
        }
        long now = context.nowNanos();
        RelayRecord relay =
                new RelayRecord(nodeId, pathId, grant, now, context.nowMillis() + KEEP_MILLIS);
        long left = Math.max(0, grant.expiryMillis() - context.runtime().wallMillis());
        context.state().rememberRelayPath(pathId, nodeId, context.nowMillis() + left + KEEP_MILLIS);
        if (present != null) {
            context.state().forgetRelayPath(present.pathId());
            if (present.tls()) {
                relay.target(present.target());
            }
        }
        bind(relay, NO_COOKIE);
        context.state().relays().put(nodeId, relay);
    }

    /** Does what is due. Called by one thread. */
    public void tick() {
        long now = context.nowNanos();
        long changes = context.state().relays().changes();
        if (changes == seenChanges && nextLook - now > 0) {
            return;
        }
        seenChanges = changes;
        nextLook = now + LOOK_NANOS;
        for (RelayRecord relay : context.state().relays().all()) {
            if (now - relay.nextAction() >= 0 || isRenewalDue(relay, now)) {
                context.locks().with(relay.nodeId(), () -> act(relay.nodeId()));
            } else if (relay.nextAction() - nextLook < 0) {
                nextLook = relay.nextAction();
            }
        }
    }

    private boolean isRenewalDue(RelayRecord relay, long now) {
        long left = relay.grantExpiryMillis() - context.runtime().wallMillis();
        return RelayGrantPolicy.isRenewalDue(relay.side() == RelayHeader.INITIATOR, left)
                && (relay.asked() == 0 || now - relay.asked() > ASK_GAP_NANOS);
    }

    private void act(Id128 nodeId) {
        RelayRecord relay = context.state().relays().find(nodeId);
        if (relay == null) {
            return;
        }
        long now = context.nowNanos();
        boolean wanted = context.state().tunnels().find(nodeId) != null;
        if (wanted) {
            relay.expiry(context.nowMillis() + KEEP_MILLIS);
            if (isRenewalDue(relay, now)) {
                relay.asked(now);
                context.runtime().after(0, () -> listener.onGrantNeeded(nodeId));
            }
        }
        if (now - relay.nextAction() >= 0) {
            if (relay.tries() >= (targets.round(relay) == 0 ? TRIES_PER_TARGET : TRIES_LATER)) {
                relay.unbound();
                relay.target(relay.target() + 1);
            }
            bind(relay, NO_COOKIE);
        }
        context.state().relays().put(nodeId, relay);
    }

    private void bind(RelayRecord relay, byte[] cookie) {
        long now = context.nowNanos();
        int doublings = Math.min(relay.tries() + targets.round(relay), MAX_BACKOFF_DOUBLINGS);
        relay.tried(now, now + (FIRST_WAIT_NANOS << doublings));
        transmit(relay, cookie);
    }

    /** One more Bind: if one is unanswered, it stays with the time of the next and its target. */
    private void rebind(RelayRecord relay) {
        if (relay.tries() == 0) {
            bind(relay, NO_COOKIE);
        } else {
            relay.lastBind(context.nowNanos());
            transmit(relay, NO_COOKIE);
        }
    }

    private void transmit(RelayRecord relay, byte[] cookie) {
        InetSocketAddress to = targets.present(relay);
        if (to == null) {
            return;
        }
        long number = sequence.incrementAndGet();
        byte[] key = relay.key();
        try (RelayCode code = new RelayCode(key)) {
            byte[] datagram =
                    code.signed(
                            new RelayMessage.Bind(
                                    relay.side(),
                                    relay.pathId(),
                                    context.identity().nodeId(),
                                    relay.grantExpiryMillis(),
                                    relay.limit(),
                                    number,
                                    cookie));
            context.state()
                    .rememberBind(number, relay.nodeId(), context.nowMillis() + BIND_LIFE_MILLIS);
            context.dataPlane().sendSignaling(datagram, datagram.length, Endpoint.of(to));
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    /** A Challenge, a Bound or a Refused has come. */
    public void onMessage(byte[] datagram, Endpoint from) {
        RelayMessage message = RelayMessage.decode(datagram, datagram.length);
        long number =
                switch (message) {
                    case RelayMessage.Challenge challenge -> challenge.sequence();
                    case RelayMessage.Bound bound -> bound.sequence();
                    case RelayMessage.Refused refused -> refused.sequence();
                    case null, default -> 0;
                };
        Id128 nodeId = number == 0 ? null : context.state().findBind(number);
        if (nodeId == null) {
            if (message instanceof RelayMessage.Refused refused) {
                onUnknownChannel(refused.channel());
            } else {
                context.countInvalid();
            }
            return;
        }
        context.locks().with(nodeId, () -> onMessage(nodeId, number, message, datagram, from));
    }

    private void onMessage(
            Id128 nodeId, long number, RelayMessage message, byte[] datagram, Endpoint from) {
        RelayRecord relay = context.state().relays().find(nodeId);
        // Its source is not in the code of the message: a copy from elsewhere must not become the
        // relay, nor use up the answer.
        if (relay == null
                || !targets.isAt(relay.relay(), from)
                || !isAuthentic(relay, datagram)
                || context.state().takeBind(number) == null) {
            context.countInvalid();
            return;
        }
        switch (message) {
            case RelayMessage.Challenge challenge -> bind(relay, challenge.cookie());
            case RelayMessage.Bound bound -> onBound(relay, bound, from);
            case RelayMessage.Refused refused -> onRefused(relay, refused);
            case RelayMessage.Bind _ -> context.countInvalid();
        }
        context.state().relays().put(nodeId, relay);
    }

    private static boolean isAuthentic(RelayRecord relay, byte[] datagram) {
        byte[] key = relay.key();
        try (RelayCode code = new RelayCode(key)) {
            return code.verify(datagram, datagram.length);
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    private void onBound(RelayRecord relay, RelayMessage.Bound bound, Endpoint from) {
        long now = context.nowNanos();
        InetSocketAddress endpoint = from.toSocketAddress();
        boolean tls = targets.isOverTls(endpoint);
        boolean another =
                !relay.bound()
                        || relay.channel() != bound.channel()
                        || !endpoint.equals(relay.endpoint());
        // A new address of ours at the relay: what was sent before it knew was lost.
        boolean moved = !bound.observed().equals(relay.observed());
        boolean news = another || moved || bound.peerBound() && !relay.peerBound();
        if (another || relay.peerBound() && !bound.peerBound()) {
            relay.aloneSince(now);
        }
        relay.bound(bound.channel(), bound.peerBound(), tls, endpoint, bound.observed());
        boolean waiting = !bound.peerBound() && now - relay.aloneSince() < PEER_WAIT_LIMIT_NANOS;
        relay.nextAction(now + (waiting ? PEER_WAIT_NANOS : REFRESH_NANOS));
        context.state().relays().put(relay.nodeId(), relay);
        if (another) {
            TunnelRecord tunnel = context.state().tunnels().find(relay.nodeId());
            if (tunnel != null) {
                attach(tunnel, relay);
            }
        }
        if (news) {
            listener.onRelay(relay.nodeId(), endpoint, tls ? Kind.TCP : Kind.RELAY);
        }
    }

    private void onRefused(RelayRecord relay, RelayMessage.Refused refused) {
        long now = context.nowNanos();
        switch (refused.reason()) {
            case EXPIRED -> {
                relay.unbound();
                relay.nextAction(now + REFRESH_NANOS);
                if (relay.asked() == 0 || now - relay.asked() > ASK_GAP_NANOS) {
                    relay.asked(now);
                    context.runtime().after(0, () -> listener.onGrantNeeded(relay.nodeId()));
                }
            }
            case FULL -> relay.nextAction(now + FULL_WAIT_NANOS);
            case UNKNOWN_CHANNEL, OVERTAKEN -> relay.nextAction(now);
        }
    }

    /** Anybody can say so: it only makes the next Bind come earlier, and that not often. */
    private void onUnknownChannel(int channel) {
        for (RelayRecord relay : context.state().relays().all()) {
            if (relay.bound() && relay.channel() == channel) {
                refresh(relay.nodeId());
                return;
            }
        }
    }

    /** Binds again now, unless that was done a moment ago: something may have changed. */
    void refresh(Id128 nodeId) {
        context.locks()
                .with(
                        nodeId,
                        () -> {
                            RelayRecord relay = context.state().relays().find(nodeId);
                            if (relay != null
                                    && context.nowNanos() - relay.lastBind() > REFRESH_GAP_NANOS) {
                                rebind(relay);
                                context.state().relays().put(nodeId, relay);
                            }
                        });
    }

    /** The network of this node has changed, or UDP works again: all are bound anew, UDP first. */
    public void onMoved() {
        for (RelayRecord each : context.state().relays().all()) {
            context.locks()
                    .with(
                            each.nodeId(),
                            () -> {
                                RelayRecord relay = context.state().relays().find(each.nodeId());
                                if (relay != null) {
                                    relay.target(0);
                                    bind(relay, NO_COOKIE);
                                    context.state().relays().put(each.nodeId(), relay);
                                }
                            });
        }
    }

    /** A tunnel was opened: it goes through the relay that is bound already. Under the lock. */
    void attach(TunnelRecord tunnel) {
        RelayRecord relay = context.state().relays().find(tunnel.nodeId());
        if (relay != null && relay.bound()) {
            attach(tunnel, relay);
        }
    }

    private void attach(TunnelRecord tunnel, RelayRecord relay) {
        byte[] key = relay.key();
        // Microseconds of the clock rise faster than any relay's packet rate: a channel that comes
        // after this one goes on above all counters that this one has used.
        long firstCounter = TimeUnit.NANOSECONDS.toMicros(context.nowNanos());
        context.dataPlane()
                .setRelay(
                        tunnel.tunnelIndex(),
                        new RelayChannel(
                                Endpoint.of(relay.endpoint()),
                                relay.channel(),
                                relay.side(),
                                key,
                                firstCounter));
        Arrays.fill(key, (byte) 0);
    }

    /** The peer at the other end of a relayed path, or {@code null}. */
    Id128 peerOf(Id128 pathId) {
        return context.state().relayPath(pathId);
    }

    /** Sends a handshake datagram to a peer through the relay, if it is bound. */
    boolean send(Id128 nodeId, byte[] datagram) {
        TunnelRecord tunnel = context.state().tunnels().find(nodeId);
        return tunnel != null
                && context.dataPlane().sendRelayed(tunnel.tunnelIndex(), datagram, datagram.length);
    }

    /** What sort of relay is at an endpoint, {@code null} if it is not that of this peer. */
    Kind kindAt(Id128 nodeId, InetSocketAddress endpoint) {
        RelayRecord relay = context.state().relays().find(nodeId);
        if (relay == null || !endpoint.equals(relay.endpoint())) {
            return null;
        }
        return relay.tls() ? Kind.TCP : Kind.RELAY;
    }

    /** Whether there is hope of a relay for a peer. */
    boolean isExpected(Id128 nodeId) {
        return context.state().relays().find(nodeId) != null;
    }
}
