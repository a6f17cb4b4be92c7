package io.cyphonic.engine.control.cloud;

import io.cyphonic.engine.control.CloudLogin;
import io.cyphonic.engine.control.ControlRuntime;
import io.cyphonic.engine.control.TlsBridges;
import io.cyphonic.engine.control.policy.BackoffPolicy;
import io.cyphonic.engine.control.policy.RegistrationPolicy;
import io.cyphonic.engine.control.state.CloudRecord;
import io.cyphonic.engine.control.state.CloudRecord.LinkState;
import io.cyphonic.engine.control.state.SharedState;
import io.cyphonic.engine.control.state.TransactionRecord;
import io.cyphonic.engine.control.state.TransactionRecord.Kind;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.ControlMessage.KeepAliveAck;
import io.cyphonic.signaling.protocol.ControlMessage.LoginResponse;
import io.cyphonic.signaling.protocol.ControlMessage.RegistrationResponse;
import io.cyphonic.signaling.protocol.sbe.Status;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Keeps this node logged in and registered, over each address family that the NMS has.
 *
 * <pre>
 *           login            registration            3 keep-alives unanswered,
 *   start ---------> no link --------------> REGISTERED ----------------------> OFFLINE
 *             ^                                 |   ^     or UNAUTHORIZED          |
 *             |                                 +---+ keep-alive, NOT_REGISTERED   |
 *             +--------------- back-off, 1 to 60 seconds --------------------------+
 * </pre>
 *
 * <p>While it is offline it goes on asking with the login it has, too: the cloud may have been away
 * only.
 *
 * <p>All of it is in one shared record, changed under one lock; {@link #tick} does what is due.
 */
public final class CloudLink {
    private static final Logger LOG = LoggerFactory.getLogger(CloudLink.class);
    private static final long ADDRESS_LOOK_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long RENEWAL_PAUSE_MILLIS = TimeUnit.HOURS.toMillis(1);

    /** A revoked node comes back slowly: somebody may have made a mistake. */
    private static final int FAILURES_WHEN_REVOKED = 7;

    private final ControlRuntime runtime;
    private final SharedState state;
    private final CloudRequests requests;
    private final CloudLogin login;
    private final CertificateRenewal renewal;
    private final Consumer<Long> revocationEpoch;
    private final Runnable seenElsewhere;
    private final BridgeFallback fallback;
    private final CompletableFuture<Void> registered = new CompletableFuture<>();
    private final CompletableFuture<Void> quiet = new CompletableFuture<>();
    private final ReentrantLock lock = new ReentrantLock();

    /** Under the lock. */
    private boolean stopping;

    /**
     * Makes the link; nothing happens before the first tick.
     *
     * @param revocationEpoch is told the cloud's epoch whenever the cloud names it
     * @param seenElsewhere called when the NMS sees this node at another address than before
     * @param bridges for networks that let no UDP out
     */
    public CloudLink(
            ControlRuntime runtime,
            SharedState state,
            CloudRequests requests,
            CloudLogin login,
            CertificateRenewal renewal,
            Consumer<Long> revocationEpoch,
            Runnable seenElsewhere,
            TlsBridges bridges) {
        this.seenElsewhere = seenElsewhere;
        this.fallback = new BridgeFallback(bridges, requests, state);
        this.runtime = runtime;
        this.state = state;
        this.requests = requests;
        this.login = login;
        this.renewal = renewal;
        this.revocationEpoch = revocationEpoch;
        state.cloud(new CloudRecord(runtime.nanoTime()));
    }

    /** Completes with the first registration. */
    public CompletableFuture<Void> registered() {
        return registered;
    }

    /** Does what is due: a login, registrations, keep-alives. */
    public void tick() {
        long now = runtime.nanoTime();
        lock.lock();
        try {
            CloudRecord cloud = state.cloud();
            if (!cloud.loginRunning() && isLoginDue(cloud, now)) {
                cloud.loginRunning(true);
                state.cloud(cloud);
                runtime.background(this::logIn);
                return;
            }
            lookAtAddresses(cloud, now);
            fallback.look(cloud, now);
            for (int link = 0; link < cloud.linkCount(); link++) {
                if (cloud.pending(link) != 0 && !requests.isWaiting(cloud.pending(link))) {
                    // Expired before its timer could run: the process had stood still.
                    cloud.pending(link, 0);
                }
                act(cloud, link, now);
            }
            state.cloud(cloud);
        } finally {
            lock.unlock();
        }
    }

    private boolean isLoginDue(CloudRecord cloud, long now) {
        if (cloud.nextLoginNanos() != CloudRecord.NEVER) {
            return cloud.nextLoginNanos() - now <= 0;
        }
        CloudSession session = requests.session();
        long wall = runtime.wallMillis();
        return RegistrationPolicy.loginDue(session.loggedInMillis(), session.expiryMillis(), wall)
                || renewal.isDue(wall) && wall - session.loggedInMillis() > RENEWAL_PAUSE_MILLIS;
    }

    /** The addresses of this node are others than before: the cloud is told at once. */
    public void onCandidatesChanged() {
        lock.lock();
        try {
            CloudRecord cloud = state.cloud();
            cloud.candidates(cloud.candidatesHash(), runtime.nanoTime());
            state.cloud(cloud);
            tick();
        } finally {
            lock.unlock();
        }
    }

    /** The network has changed: this node registers again, at once and over every family. */
    public void onMoved() {
        lock.lock();
        try {
            long now = runtime.nanoTime();
            CloudRecord cloud = state.cloud();
            for (int link = 0; link < cloud.linkCount(); link++) {
                // It went out from the old address, and its next try may be seconds away.
                abandon(cloud, link);
                if (cloud.linkState(link) == LinkState.REGISTERED) {
                    cloud.linkState(link, LinkState.OUTDATED);
                }
                cloud.nextAction(link, now);
                act(cloud, link, now);
            }
            if (cloud.linkCount() == 0 && cloud.nextLoginNanos() != CloudRecord.NEVER) {
                cloud.loginAgain(cloud.failures(), now);
            }
            cloud.candidates(requests.candidates().hashCode(), now + ADDRESS_LOOK_NANOS);
            state.cloud(cloud);
        } finally {
            lock.unlock();
        }
    }

    private void lookAtAddresses(CloudRecord cloud, long now) {
        if (cloud.linkCount() == 0 || cloud.nextLookNanos() - now > 0) {
            return;
        }
        int hash = requests.candidates().hashCode();
        if (hash != cloud.candidatesHash()) {
            for (int link = 0; link < cloud.linkCount(); link++) {
                if (cloud.linkState(link) == LinkState.REGISTERED) {
                    cloud.linkState(link, LinkState.OUTDATED);
                }
                cloud.nextAction(link, now);
            }
        }
        cloud.candidates(hash, now + ADDRESS_LOOK_NANOS);
    }

    /**
     * Sends nothing more of its own accord. A registration that is under way must not overtake the
     * goodbye: it would bring this node back.
     *
     * @return completes when what was asked over a way that works is answered
     */
    public CompletableFuture<Void> stop() {
        lock.lock();
        try {
            stopping = true;
            lookWhetherQuiet(state.cloud());
            return quiet;
        } finally {
            lock.unlock();
        }
    }

    /** Gives up what is not answered yet. */
    public void abandon() {
        lock.lock();
        try {
            CloudRecord cloud = state.cloud();
            for (int link = 0; link < cloud.linkCount(); link++) {
                abandon(cloud, link);
            }
            state.cloud(cloud);
        } finally {
            lock.unlock();
        }
    }

    private void abandon(CloudRecord cloud, int link) {
        if (cloud.pending(link) != 0) {
            requests.abandon(cloud.pending(link));
            cloud.pending(link, 0);
        }
    }

    private void lookWhetherQuiet(CloudRecord cloud) {
        if (!stopping) {
            return;
        }
        boolean waiting = false;
        for (int link = 0; link < cloud.linkCount(); link++) {
            waiting |= cloud.pending(link) != 0 && cloud.linkState(link) != LinkState.UNREGISTERED;
        }
        if (!waiting) {
            quiet.complete(null);
        }
    }

    private void act(CloudRecord cloud, int link, long now) {
        if (stopping) {
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
            if (!requests.send(id, request, this::onUnanswered)) {
                cloud.pending(link, 0);
            }
        }
    }

    private void logIn() {
        CloudLogin.Result result;
        try {
            result = login.login();
        } catch (RuntimeException e) {
            LOG.error("the login failed; this is a bug", e);
            result = new CloudLogin.Result.Failed(false, "internal error: " + e);
        }
        try {
            switch (result) {
                case CloudLogin.Result.LoggedIn(LoginResponse response) -> onLoggedIn(response);
                case CloudLogin.Result.Failed(boolean revoked, String reason) ->
                        onLoginFailed(revoked, reason);
            }
        } catch (RuntimeException e) {
            // Without this the login would count as running for ever, and never be tried again.
            LOG.error("what the login gave cannot be used; this is a bug", e);
            onLoginFailed(false, "internal error: " + e);
        }
    }

    private void onLoginFailed(boolean revoked, String reason) {
        lock.lock();
        try {
            CloudRecord cloud = state.cloud();
            cloud.loginRunning(false);
            if (cloud.failures() <= 1) {
                LOG.warn("cannot log in to the cloud: {}; trying again", reason);
            }
            loginAgain(cloud, revoked);
            state.cloud(cloud);
        } finally {
            lock.unlock();
        }
    }

    private void onLoggedIn(LoginResponse response) {
        requests.session(new CloudSession(response, runtime.wallMillis()));
        Arrays.fill(response.commonKey(), (byte) 0);
        renewal.accept(response.certificate(), runtime.wallMillis());
        long now = runtime.nanoTime();
        lock.lock();
        try {
            CloudRecord cloud = state.cloud();
            boolean wasRegistered = cloud.isRegistered();
            cloud.loginRunning(false);
            cloud.loginAgain(cloud.failures(), CloudRecord.NEVER);
            cloud.candidates(requests.candidates().hashCode(), now + ADDRESS_LOOK_NANOS);
            cloud.clearLinks();
            cloud.addLinks(response.nmsEndpoints(), now);
            for (int link = 0; link < cloud.linkCount(); link++) {
                if (wasRegistered) {
                    cloud.linkState(link, LinkState.OUTDATED);
                }
                act(cloud, link, now);
            }
            if (cloud.linkCount() == 0) {
                LOG.warn("the cloud named no address of its NMS");
                loginAgain(cloud, false);
            }
            state.cloud(cloud);
        } finally {
            lock.unlock();
        }
        revocationEpoch.accept(response.revocationEpoch());
    }

    /** The NMS has answered a registration. */
    public void onRegistrationResponse(RegistrationResponse response) {
        onAnswer(
                response.transactionId(),
                Kind.REGISTRATION,
                response.status(),
                response.observed(),
                response.revocationEpoch(),
                response.proof());
    }

    /** The NMS has answered a keep-alive. */
    public void onKeepAliveAck(KeepAliveAck ack) {
        onAnswer(
                ack.transactionId(),
                Kind.KEEP_ALIVE,
                ack.status(),
                ack.observed(),
                ack.revocationEpoch(),
                0);
    }

    private void onAnswer(
            long transactionId,
            Kind kind,
            Status status,
            InetSocketAddress observed,
            long epoch,
            long proof) {
        TransactionRecord request = requests.take(transactionId, kind);
        if (request == null) {
            return;
        }
        long now = runtime.nanoTime();
        boolean first = false;
        boolean elsewhere = false;
        lock.lock();
        try {
            CloudRecord cloud = state.cloud();
            int link = cloud.linkOf(transactionId);
            if (link < 0) {
                return;
            }
            cloud.pending(link, 0);
            InetSocketAddress before = cloud.observed(link);
            elsewhere = before != null && observed != null && !before.equals(observed);
            cloud.answered(
                    link,
                    observed,
                    request.tries() == 1 ? now - request.sentNanos() : cloud.rttNanos(link));
            boolean confirms = kind == Kind.REGISTRATION && confirms(cloud, link, observed, proof);
            if (status == Status.OK) {
                first = confirm(cloud, link, kind, now);
                if (kind == Kind.REGISTRATION && (confirms || !requests.isUpToDate(request))) {
                    registerAgain(cloud, link, now);
                }
            } else if (status == Status.NOT_REGISTERED && confirms) {
                registerAgain(cloud, link, now);
            } else {
                refuse(cloud, link, status, now);
            }
            state.cloud(cloud);
            lookWhetherQuiet(cloud);
        } finally {
            lock.unlock();
        }
        if (first) {
            registered.complete(null);
        }
        if (elsewhere) {
            seenElsewhere.run();
        }
        if (status == Status.OK) {
            revocationEpoch.accept(epoch);
        }
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
            loginAgain(cloud, status == Status.FORBIDDEN);
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

    private void onUnanswered(long transactionId, TransactionRecord request) {
        long now = runtime.nanoTime();
        lock.lock();
        try {
            CloudRecord cloud = state.cloud();
            int link = cloud.linkOf(transactionId);
            if (link < 0) {
                return;
            }
            boolean wasRegistered = cloud.isRegistered();
            cloud.pending(link, 0);
            cloud.linkState(link, LinkState.UNREGISTERED);
            cloud.nextAction(link, now + RegistrationPolicy.FAMILY_RETRY_NANOS);
            if (!cloud.isRegistered() && !cloud.isRequestPending()) {
                askSoon(cloud, now);
                if (wasRegistered || cloud.failures() == 0) {
                    LOG.warn("the cloud at {} does not answer", Endpoint.of(request.destination()));
                }
                loginAgain(cloud, false);
            }
            state.cloud(cloud);
        } finally {
            lock.unlock();
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

    /** The cloud says in answer to something else that this node has to register again. */
    public void onNotRegistered() {
        lock.lock();
        try {
            long now = runtime.nanoTime();
            CloudRecord cloud = state.cloud();
            for (int link = 0; link < cloud.linkCount(); link++) {
                if (cloud.linkState(link) == LinkState.REGISTERED && cloud.pending(link) == 0) {
                    cloud.linkState(link, LinkState.OUTDATED);
                    cloud.nextAction(link, now);
                    act(cloud, link, now);
                }
            }
            state.cloud(cloud);
        } finally {
            lock.unlock();
        }
    }

    /** The cloud says in answer to something else that this node has to log in again. */
    public void onUnauthorized() {
        lock.lock();
        try {
            CloudRecord cloud = state.cloud();
            if (cloud.nextLoginNanos() == CloudRecord.NEVER && !cloud.loginRunning()) {
                cloud.clearLinks();
                loginAgain(cloud, false);
                state.cloud(cloud);
            }
        } finally {
            lock.unlock();
        }
    }

    /** All revocations up to this epoch are known here now. */
    void revocationsKnown(long epoch) {
        lock.lock();
        try {
            CloudRecord cloud = state.cloud();
            if (epoch > cloud.revocationEpoch()) {
                cloud.revocationEpoch(epoch);
                state.cloud(cloud);
            }
        } finally {
            lock.unlock();
        }
    }

    private void loginAgain(CloudRecord cloud, boolean revoked) {
        int failures = Math.max(cloud.failures() + 1, revoked ? FAILURES_WHEN_REVOKED : 0);
        boolean loggedIn = cloud.linkCount() > 0;
        BackoffPolicy policy =
                revoked || loggedIn ? BackoffPolicy.ATTEMPT : BackoffPolicy.FIRST_LOGIN;
        cloud.loginAgain(
                failures, runtime.nanoTime() + policy.waitNanos(failures, runtime.random()));
    }
}
