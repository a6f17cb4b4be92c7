package io.cyphonic.signaling.relay;

import io.cyphonic.signaling.handshake.RelayCode;
import io.cyphonic.signaling.handshake.RelaySeal;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.RelayMessage;

/** One end of one path, bound to an address. Owned by the relay's thread. */
final class RelayChannel {
    /** A datagram costs at least this much of the limit: so it bounds their number, too. */
    static final int LEAST_CHARGE = 128;

    /** The limit may be used ahead by this share of a second, and by one large batch. */
    private static final int BURST_DIVISOR = 4;

    private static final long LEAST_BURST = 1 << 18;
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long REFILL_NS = 1_000_000L;

    // Fixed after construction.
    final int number;
    final Id128 pathId;
    final int side;

    // From the grant; another one may follow.
    Id128 nodeId;
    RelaySeal seal;
    RelayCode code;
    long expiryMillis;
    int limit;

    // Where it is bound.
    Endpoint endpoint;
    RelayStream stream;
    long sequence;
    long activeNs;
    long challengedNs;

    /** The other end, or {@code null}. */
    RelayChannel peer;

    private final CounterWindow window = new CounterWindow();
    private long budget;
    private long refilledNs;

    RelayChannel(int number, Id128 pathId, int side, long nowNs) {
        this.number = number;
        this.pathId = pathId;
        this.side = side;
        this.challengedNs = nowNs - SECOND_NS;
        this.refilledNs = nowNs;
    }

    /** Puts a grant in force. */
    void grant(RelayMessage.Bind bind, RelaySeal newSeal, RelayCode newCode) {
        seal = newSeal;
        code = newCode;
        nodeId = bind.nodeId();
        expiryMillis = bind.expiryMillis();
        limit = bind.limit();
        budget = burst();
    }

    boolean hasGrantOf(RelayMessage.Bind bind) {
        return expiryMillis == bind.expiryMillis()
                && limit == bind.limit()
                && nodeId.equals(bind.nodeId());
    }

    boolean isBoundTo(ReceivedDatagrams batch, RelayStream from) {
        return stream == from
                && (from != null || endpoint.matches(batch.source, 0, batch.sourceLength));
    }

    boolean isNew(long counter) {
        return window.mark(counter);
    }

    /** Takes one datagram's worth of the limit, if there is that much. */
    boolean take(int length, long nowNs) {
        long elapsedNs = nowNs - refilledNs;
        if (elapsedNs >= REFILL_NS) {
            // Kilobytes per second are bytes per million nanoseconds.
            long refill = Math.min(elapsedNs, SECOND_NS) * limit / 1_000_000L;
            budget = Math.min(burst(), budget + refill);
            refilledNs = nowNs;
        }
        int charge = Math.max(length, LEAST_CHARGE);
        if (budget < charge) {
            return false;
        }
        budget -= charge;
        return true;
    }

    private long burst() {
        return Math.max(LEAST_BURST, limit * 1000L / BURST_DIVISOR);
    }
}
