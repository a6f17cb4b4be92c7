package io.cyphonic.engine.control.cloud;

import io.cyphonic.engine.control.ControlRuntime;
import io.cyphonic.engine.control.policy.BackoffPolicy;
import io.cyphonic.engine.control.policy.RegistrationPolicy;
import io.cyphonic.engine.control.state.CloudRecord;
import io.cyphonic.engine.control.state.CloudRecord.LinkState;
import io.cyphonic.engine.control.state.SharedState;
import io.cyphonic.engine.control.state.TransactionRecord;
import io.cyphonic.engine.control.state.TransactionRecord.Kind;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.ControlMessage.KeepAliveAck;
import io.cyphonic.signaling.protocol.ControlMessage.RegistrationResponse;
import io.cyphonic.signaling.protocol.sbe.Status;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Registrations and keep-alives over each way to the NMS: which of them is due, and what follows
 * from its answer. Under the lock of the cloud link.
 */
final class Registrations {
    private static final Logger LOG = LoggerFactory.getLogger(Registrations.class);
    private static final long ADDRESS_LOOK_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final ControlRuntime runtime;
    private final SharedState state;
    private final CloudRequests requests;
    private final Logins logins;
    private final CloudRequests.Unanswered unanswered;

    /** Nothing more is sent. */
    private boolean stopped;

    /**
     * What the NMS says to a registration or a keep-alive.
     *
     * @param observed where it sees this node
     * @param proof confirms that, with the next registration; 0 if there is nothing to confirm
     */
    record Answer(
            long transactionId,
            Kind kind,
            Status status,
            InetSocketAddress observed,
            long revocationEpoch,
            long proof) {
        static Answer of(RegistrationResponse response) {
            return new Answer(
                    response.transactionId(),
                    Kind.REGISTRATION,
                    response.status(),
                    response.observed(),
                    response.revocationEpoch(),
                    response.proof());
        }

        static Answer of(KeepAliveAck ack) {
            return new Answer(
                    ack.transactionId(),
                    Kind.KEEP_ALIVE,
                    ack.status(),
                    ack.observed(),
                    ack.revocationEpoch(),
                    0);
        }
    }

    Registrations(
            ControlRuntime runtime,
            SharedState state,
            CloudRequests requests,
            Logins logins,
            CloudRequests.Unanswered unanswered) {
        this.runtime = runtime;
        this.state = state;
        this.requests = requests;
        this.logins = logins;
        this.unanswered = unanswered;
    }

    /** Sends nothing more of its own accord. */
    void stop() {
        stopped = true;
    }

    boolean isStopped() {
        return stopped;
    }

    /** Whether nothing waits for an answer over a way that works. */
    boolean isQuiet(CloudRecord cloud) {
        for (int link = 0; link < cloud.linkCount(); link++) {
            if (cloud.pending(link) != 0 && cloud.linkState(link) != LinkState.UNREGISTERED) {
                return false;
            }
        }
        return true;
    }

    /** Gives up what is not answered yet. */
    void abandon(CloudRecord cloud) {
        for (int link = 0; link < cloud.linkCount(); link++) {
            abandon(cloud, link);
        }
    }

    private void abandon(CloudRecord cloud, int link) {
        if (cloud.pending(link) != 0) {
            requests.abandon(cloud.pending(link));
            cloud.pending(link, 0);
        }
    }

    /** Does what is due over every way. */
    void tick(CloudRecord cloud, long now) {
        for (int link = 0; link < cloud.linkCount(); link++) {
            if (cloud.pending(link) != 0 && !requests.isWaiting(cloud.pending(link))) {
                // Expired before its timer could run: the process had stood still.
                cloud.pending(link, 0);
            }
            act(cloud, link, now);
        }
    }

    /** Registers again if the addresses of this node are others than those registered. */
    void lookAtAddresses(CloudRecord cloud, long now) {
        if (cloud.linkCount() == 0 || cloud.nextLookNanos() - now > 0) {
            return;
        }
        int hash = requests.candidates().hashCode();
        if (hash != cloud.candidatesHash()) {
            for (int link = 0; link < cloud.linkCount(); link++) {
                outdate(cloud, link, now);
            }
        }
        cloud.candidates(hash, now + ADDRESS_LOOK_NANOS);
    }

    /** A login has named these ways to the NMS. */
    void begin(CloudRecord cloud, List<InetSocketAddress> nms, long now) {
        boolean wasRegistered = cloud.isRegistered();
        cloud.candidates(requests.candidates().hashCode(), now + ADDRESS_LOOK_NANOS);
        cloud.clearLinks();
        cloud.addLinks(nms, now);
        for (int link = 0; link < cloud.linkCount(); link++) {
            if (wasRegistered) {
                cloud.linkState(link, LinkState.OUTDATED);
            }
            act(cloud, link, now);
        }
    }

    /** The network has changed: registers again, at once and over every way. */
    void moved(CloudRecord cloud, long now) {
        for (int link = 0; link < cloud.linkCount(); link++) {
            // It went out from the old address, and its next try may be seconds away.
            abandon(cloud, link);
            outdate(cloud, link, now);
            act(cloud, link, now);
        }
        cloud.candidates(requests.candidates().hashCode(), now + ADDRESS_LOOK_NANOS);
    }

    /** The NMS does not know this node any more. */
    void lost(CloudRecord cloud, long now) {
        for (int link = 0; link < cloud.linkCount(); link++) {
            if (cloud.linkState(link) == LinkState.REGISTERED && cloud.pending(link) == 0) {
                outdate(cloud, link, now);
                act(cloud, link, now);
            }
        }
    }

    private static void outdate(CloudRecord cloud, int link, long now) {
        if (cloud.linkState(link) == LinkState.REGISTERED) {
            cloud.linkState(link, LinkState.OUTDATED);
        }
        cloud.nextAction(link, now);
    }

    private void act(CloudRecord cloud, int link, long now) {
        if (stopped) {
            return;
        }
        Kind kind =
                switch (RegistrationPolicy.decide(
                        cloud.linkState(link) == LinkState.REGISTERED,
                        cloud.pending(link) != 0,
                        now - cloud.nextActionNanos(link))) {
                    case NONE -> null;
                    case REGISTER -> Kind.REGISTRATION;
                    case KEEP_ALIVE -> Kind.KEEP_ALIVE;
                };
        if (kind != null) {
            long id = requests.newTransactionId();
            TransactionRecord request = requests.request(kind, cloud.endpoint(link));
            cloud.pending(link, id);
            if (!requests.send(id, request, unanswered)) {
                cloud.pending(link, 0);
            }
        }
    }

    /**
     * Takes the answer over a way.
     *
     * @return whether the node was not registered before and is so now
     */
    boolean answered(
            CloudRecord cloud, int link, TransactionRecord request, Answer answer, long now) {
        InetSocketAddress observed = answer.observed();
        Kind kind = answer.kind();
        cloud.pending(link, 0);
        cloud.answered(
                link,
                observed,
                request.tries() == 1 ? now - request.sentNanos() : cloud.rttNanos(link));
        boolean confirms =
                kind == Kind.REGISTRATION && confirms(cloud, link, observed, answer.proof());
        boolean first = false;
        if (answer.status() == Status.OK) {
            first = confirm(cloud, link, kind, now);
            if (kind == Kind.REGISTRATION && (confirms || !requests.isUpToDate(request))) {
                registerAgain(cloud, link, now);
            }
        } else if (answer.status() == Status.NOT_REGISTERED && confirms) {
            registerAgain(cloud, link, now);
        } else {
            refuse(cloud, link, answer.status(), now);
        }
        return first;
    }

    /**
     * The cloud names an address to peers only once this node has shown that an answer sent there
     * reached it. Whether another registration is needed for that: one, not more in a row, for
     * somebody who copies the registrations may make every answer name another address.
     */
    private boolean confirms(CloudRecord cloud, int link, InetSocketAddress observed, long proof) {
        boolean another = observed != null && proof != 0 && !observed.equals(cloud.confirmed(link));
        boolean confirms = another && !cloud.confirming(link);
        if (confirms) {
            cloud.confirm(link, observed, proof);
        }
        cloud.confirming(link, confirms);
        return confirms;
    }

    private boolean confirm(CloudRecord cloud, int link, Kind kind, long now) {
        boolean wasRegistered = cloud.isRegistered();
        if (kind == Kind.REGISTRATION || cloud.linkState(link) == LinkState.REGISTERED) {
            cloud.linkState(link, LinkState.REGISTERED);
            cloud.nextAction(
                    link, now + TimeUnit.SECONDS.toNanos(requests.session().keepAliveSeconds()));
        }
        if (cloud.isRegistered() && !cloud.loginRunning()) {
            // The login was good, the cloud was away.
            cloud.loginAgain(0, CloudRecord.NEVER);
        }
        if (!wasRegistered) {
            LOG.info("registered with the cloud at {}", Endpoint.of(cloud.endpoint(link)));
        }
        return !wasRegistered;
    }

    private void refuse(CloudRecord cloud, int link, Status status, long now) {
        if (status == Status.UNAUTHORIZED || status == Status.FORBIDDEN) {
            LOG.warn("the cloud refuses this node: {}; logging in again", status);
            cloud.clearLinks();
            logins.again(cloud, status == Status.FORBIDDEN);
            return;
        }
        if (status == Status.NOT_REGISTERED && cloud.linkState(link) == LinkState.REGISTERED) {
            registerAgain(cloud, link, now);
            return;
        }
        cloud.nextAction(link, now + BackoffPolicy.ATTEMPT.waitNanos(2, runtime.random()));
    }

    private void registerAgain(CloudRecord cloud, int link, long now) {
        cloud.linkState(link, LinkState.OUTDATED);
        cloud.nextAction(link, now);
        // The request reads there what it confirms.
        state.cloud(cloud);
        act(cloud, link, now);
    }

    /** Nothing has come back over a way, however often it was tried. */
    void unanswered(CloudRecord cloud, int link, TransactionRecord request, long now) {
        boolean wasRegistered = cloud.isRegistered();
        cloud.pending(link, 0);
        cloud.linkState(link, LinkState.UNREGISTERED);
        cloud.nextAction(link, now + RegistrationPolicy.FAMILY_RETRY_NANOS);
        if (!cloud.isRegistered() && !cloud.isRequestPending()) {
            askSoon(cloud, now);
            if (wasRegistered || cloud.failures() == 0) {
                LOG.warn("the cloud at {} does not answer", Endpoint.of(request.destination()));
            }
            logins.again(cloud, false);
        }
    }

    private static void askSoon(CloudRecord cloud, long now) {
        long soon = now + RegistrationPolicy.OFFLINE_RETRY_NANOS;
        for (int link = 0; link < cloud.linkCount(); link++) {
            if (cloud.nextActionNanos(link) - soon > 0) {
                cloud.nextAction(link, soon);
            }
        }
    }
}
