package io.cyphonic.engine.control.cloud;

import io.cyphonic.engine.control.CloudLogin;
import io.cyphonic.engine.control.ControlRuntime;
import io.cyphonic.engine.control.TlsBridges;
import io.cyphonic.engine.control.state.CloudRecord;
import io.cyphonic.engine.control.state.SharedState;
import io.cyphonic.engine.control.state.TransactionRecord;
import io.cyphonic.signaling.protocol.ControlMessage.KeepAliveAck;
import io.cyphonic.signaling.protocol.ControlMessage.LoginResponse;
import io.cyphonic.signaling.protocol.ControlMessage.RegistrationResponse;
import io.cyphonic.signaling.protocol.sbe.Status;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
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

    private final ControlRuntime runtime;
    private final SharedState state;
    private final CloudRequests requests;
    private final Logins logins;
    private final Registrations registrations;
    private final CertificateRenewal renewal;
    private final Consumer<Long> revocationEpoch;
    private final Runnable seenElsewhere;
    private final BridgeFallback fallback;
    private final CompletableFuture<Void> registered = new CompletableFuture<>();
    private final CompletableFuture<Void> quiet = new CompletableFuture<>();
    private final ReentrantLock lock = new ReentrantLock();

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
        this.renewal = renewal;
        this.logins = new Logins(runtime, requests, login, renewal);
        this.registrations =
                new Registrations(runtime, state, requests, logins, this::onUnanswered);
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
            if (!cloud.loginRunning() && logins.isDue(cloud, now)) {
                cloud.loginRunning(true);
                state.cloud(cloud);
                runtime.background(this::logIn);
                return;
            }
            registrations.lookAtAddresses(cloud, now);
            fallback.look(cloud, now);
            registrations.tick(cloud, now);
            state.cloud(cloud);
        } finally {
            lock.unlock();
        }
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
            registrations.moved(cloud, now);
            if (cloud.linkCount() == 0 && cloud.nextLoginNanos() != CloudRecord.NEVER) {
                cloud.loginAgain(cloud.failures(), now);
            }
            state.cloud(cloud);
        } finally {
            lock.unlock();
        }
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
            registrations.stop();
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
            registrations.abandon(cloud);
            state.cloud(cloud);
        } finally {
            lock.unlock();
        }
    }

    private void lookWhetherQuiet(CloudRecord cloud) {
        if (registrations.isStopped() && registrations.isQuiet(cloud)) {
            quiet.complete(null);
        }
    }

    private void logIn() {
        try {
            switch (logins.attempt()) {
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
            logins.again(cloud, revoked);
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
            cloud.loginRunning(false);
            cloud.loginAgain(cloud.failures(), CloudRecord.NEVER);
            registrations.begin(cloud, response.nmsEndpoints(), now);
            if (cloud.linkCount() == 0) {
                LOG.warn("the cloud named no address of its NMS");
                logins.again(cloud, false);
            }
            state.cloud(cloud);
        } finally {
            lock.unlock();
        }
        revocationEpoch.accept(response.revocationEpoch());
    }

    /** The NMS has answered a registration. */
    public void onRegistrationResponse(RegistrationResponse response) {
        onAnswer(Registrations.Answer.of(response));
    }

    /** The NMS has answered a keep-alive. */
    public void onKeepAliveAck(KeepAliveAck ack) {
        onAnswer(Registrations.Answer.of(ack));
    }

    private void onAnswer(Registrations.Answer answer) {
        TransactionRecord request = requests.take(answer.transactionId(), answer.kind());
        if (request == null) {
            return;
        }
        long now = runtime.nanoTime();
        boolean first;
        boolean elsewhere;
        lock.lock();
        try {
            CloudRecord cloud = state.cloud();
            int link = cloud.linkOf(answer.transactionId());
            if (link < 0) {
                return;
            }
            InetSocketAddress before = cloud.observed(link);
            elsewhere =
                    before != null
                            && answer.observed() != null
                            && !before.equals(answer.observed());
            first = registrations.answered(cloud, link, request, answer, now);
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
        if (answer.status() == Status.OK) {
            revocationEpoch.accept(answer.revocationEpoch());
        }
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
            registrations.unanswered(cloud, link, request, now);
            state.cloud(cloud);
        } finally {
            lock.unlock();
        }
    }

    /** The cloud says in answer to something else that this node has to register again. */
    public void onNotRegistered() {
        lock.lock();
        try {
            CloudRecord cloud = state.cloud();
            registrations.lost(cloud, runtime.nanoTime());
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
                logins.again(cloud, false);
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
}
