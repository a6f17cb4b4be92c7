package io.cyphonic.engine.control.cloud;

import io.cyphonic.engine.control.ControlRuntime;
import io.cyphonic.engine.control.policy.RetransmitPolicy;
import io.cyphonic.engine.control.state.CloudRecord;
import io.cyphonic.engine.control.state.SharedState;
import io.cyphonic.engine.control.state.TransactionRecord;
import io.cyphonic.engine.control.state.TransactionRecord.Kind;
import io.cyphonic.engine.pipeline.DataPlane;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.ControlMessage;
import io.cyphonic.signaling.protocol.RelayRoundTrip;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * Sends requests to the NMS and repeats them, each time sealed anew, until somebody takes the
 * transaction out because its answer has come, or until the tries are used up. All about a request
 * is in its record: the timer only says when to look at it.
 */
public final class CloudRequests {
    private static final long TRANSACTION_LIFE_MILLIS = TimeUnit.SECONDS.toMillis(20);

    /** A replaced login's key is wiped after this long, when no handler can be using it. */
    private static final long OLD_SESSION_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final ControlRuntime runtime;
    private final DataPlane dataPlane;
    private final SharedState state;
    private final Candidates candidates;
    private final Supplier<List<RelayRoundTrip>> roundTrips;
    private final AtomicReference<CloudSession> session = new AtomicReference<>();

    /** Is told of a request that nobody answered. */
    @FunctionalInterface
    public interface Unanswered {
        /** Called once, when the tries are used up and the record has been taken out. */
        void onUnanswered(long transactionId, TransactionRecord request);
    }

    /** Makes the sender; nothing can be sent before there is a session. */
    public CloudRequests(
            ControlRuntime runtime,
            DataPlane dataPlane,
            SharedState state,
            Candidates candidates,
            Supplier<List<RelayRoundTrip>> roundTrips) {
        this.runtime = runtime;
        this.dataPlane = dataPlane;
        this.state = state;
        this.candidates = candidates;
        this.roundTrips = roundTrips;
    }

    /** The present login, or {@code null} before the first. */
    public CloudSession session() {
        return session.get();
    }

    /** Seals under another login from now on. */
    void session(CloudSession next) {
        CloudSession old = session.getAndSet(next);
        if (old != null) {
            runtime.after(OLD_SESSION_NANOS, old::close);
        }
    }

    /** Wipes the present login; nothing can be sent any more. */
    public void close() {
        CloudSession last = session.getAndSet(null);
        if (last != null) {
            last.close();
        }
    }

    /** Opens a datagram of the NMS; {@code null} if it is not authentic. */
    public ControlMessage open(byte[] datagram) {
        CloudSession present = session.get();
        return present == null ? null : present.open(datagram);
    }

    /** Draws a transaction id. */
    public long newTransactionId() {
        long id;
        do {
            id = runtime.random().nextLong();
        } while (id == 0);
        return id;
    }

    /** A record for a request that is about to be sent. */
    public TransactionRecord request(Kind kind, InetSocketAddress destination) {
        CloudSession present = session.get();
        long now = runtime.nanoTime();
        TransactionRecord request =
                new TransactionRecord(
                        kind,
                        present == null ? 0 : present.loginId(),
                        destination,
                        now,
                        SharedState.millis(now) + TRANSACTION_LIFE_MILLIS);
        if (kind == Kind.REGISTRATION) {
            request.argument(whereThisNodeIs());
        }
        return request;
    }

    /**
     * Whether a registration said what is true now. One that was under way when this node learnt of
     * a port mapping did not, and nobody would register that later.
     */
    boolean isUpToDate(TransactionRecord registration) {
        return registration.argument() == whereThisNodeIs();
    }

    private long whereThisNodeIs() {
        return Objects.hash(candidates(), roundTrips.get());
    }

    /**
     * Sends a request until it is answered.
     *
     * @return false if there is no login, or no room for one more transaction
     */
    public boolean send(long transactionId, TransactionRecord request, Unanswered unanswered) {
        if (session.get() == null || !state.transactions().add(transactionId, request)) {
            return false;
        }
        transmit(transactionId, request);
        awaitAnswer(transactionId, request, unanswered);
        return true;
    }

    /** Sends a message that has no answer. */
    public void tell(ControlMessage message, InetSocketAddress destination) {
        CloudSession present = session.get();
        if (present != null) {
            byte[] datagram = present.seal(message);
            dataPlane.sendSignaling(datagram, datagram.length, Endpoint.of(destination));
        }
    }

    /** Whether a request waits for its answer. */
    boolean isWaiting(long transactionId) {
        return state.transactions().find(transactionId) != null;
    }

    /** Gives a request up; its answer will be ignored. */
    void abandon(long transactionId) {
        state.transactions().take(transactionId);
    }

    /** Takes the request of an answer out; {@code null} if it is late, a duplicate or made up. */
    public TransactionRecord take(long transactionId, Kind kind) {
        TransactionRecord request = state.transactions().find(transactionId);
        return request == null || request.kind() != kind
                ? null
                : state.transactions().take(transactionId);
    }

    /** The addresses of this node, as it tells them to the NMS. */
    public List<Candidate> candidates() {
        return candidates.all();
    }

    private void transmit(long transactionId, TransactionRecord request) {
        tell(message(transactionId, request), request.destination());
    }

    private void awaitAnswer(long transactionId, TransactionRecord request, Unanswered unanswered) {
        runtime.after(
                policy(request).waitNanos(request.tries(), runtime.random()),
                () -> onTimer(transactionId, unanswered));
    }

    private void onTimer(long transactionId, Unanswered unanswered) {
        TransactionRecord request = state.transactions().find(transactionId);
        if (request == null) {
            return;
        }
        if (policy(request).exhausted(request.tries())) {
            if (state.transactions().take(transactionId) != null) {
                unanswered.onUnanswered(transactionId, request);
            }
            return;
        }
        TransactionRecord again = request.triedAgain();
        if (state.transactions().replace(transactionId, request, again)) {
            transmit(transactionId, again);
            awaitAnswer(transactionId, again, unanswered);
        }
    }

    private ControlMessage message(long transactionId, TransactionRecord request) {
        return switch (request.kind()) {
            case REGISTRATION -> registration(transactionId, request.destination());
            case KEEP_ALIVE -> new ControlMessage.KeepAlive(transactionId);
            case DIRECTION ->
                    new ControlMessage.DirectionRequest(
                            transactionId, request.wantedFqdn(), request.wantedAddress());
            case REVOCATIONS ->
                    new ControlMessage.RevocationQuery(transactionId, request.argument());
            case FINALIZATION -> new ControlMessage.Finalization(transactionId);
        };
    }

    /** Confirms the address at which the last answer over the same way has reached this node. */
    private ControlMessage registration(long transactionId, InetSocketAddress nms) {
        CloudRecord cloud = state.cloud();
        int link = cloud.linkAt(nms);
        return new ControlMessage.RegistrationRequest(
                transactionId,
                candidates(),
                roundTrips.get(),
                link < 0 ? null : cloud.confirmed(link),
                link < 0 ? 0 : cloud.proof(link));
    }

    private static RetransmitPolicy policy(TransactionRecord request) {
        return request.kind() == Kind.KEEP_ALIVE
                ? RetransmitPolicy.KEEP_ALIVE
                : RetransmitPolicy.REQUEST;
    }
}
