package io.cyphonic.engine.control.cloud;

import io.cyphonic.engine.control.CloudLogin;
import io.cyphonic.engine.control.ControlRuntime;
import io.cyphonic.engine.control.policy.BackoffPolicy;
import io.cyphonic.engine.control.policy.RegistrationPolicy;
import io.cyphonic.engine.control.state.CloudRecord;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.concurrent.TimeUnit;

/** When to log in, and how long to leave the cloud alone after a failure. */
final class Logins {
    private static final Logger LOG = LoggerFactory.getLogger(Logins.class);
    private static final long RENEWAL_PAUSE_MILLIS = TimeUnit.HOURS.toMillis(1);

    /** A revoked node comes back slowly: somebody may have made a mistake. */
    private static final int FAILURES_WHEN_REVOKED = 7;

    private final ControlRuntime runtime;
    private final CloudRequests requests;
    private final CloudLogin login;
    private final CertificateRenewal renewal;

    Logins(
            ControlRuntime runtime,
            CloudRequests requests,
            CloudLogin login,
            CertificateRenewal renewal) {
        this.runtime = runtime;
        this.requests = requests;
        this.login = login;
        this.renewal = renewal;
    }

    /** Whether to log in now, unless that is under way. Under the lock of the cloud link. */
    boolean isDue(CloudRecord cloud, long now) {
        if (cloud.nextLoginNanos() != CloudRecord.NEVER) {
            return cloud.nextLoginNanos() - now <= 0;
        }
        CloudSession session = requests.session();
        long wall = runtime.wallMillis();
        return RegistrationPolicy.loginDue(session.loggedInMillis(), session.expiryMillis(), wall)
                || renewal.isDue(wall) && wall - session.loggedInMillis() > RENEWAL_PAUSE_MILLIS;
    }

    /** One attempt; waits for the cloud. */
    CloudLogin.Result attempt() {
        try {
            return login.login();
        } catch (RuntimeException e) {
            LOG.error("the login failed; this is a bug", e);
            return new CloudLogin.Result.Failed(false, "internal error: " + e);
        }
    }

    /** Another login, after a back-off. Under the lock of the cloud link. */
    void again(CloudRecord cloud, boolean revoked) {
        int failures = Math.max(cloud.failures() + 1, revoked ? FAILURES_WHEN_REVOKED : 0);
        boolean loggedIn = cloud.linkCount() > 0;
        BackoffPolicy policy =
                revoked || loggedIn ? BackoffPolicy.ATTEMPT : BackoffPolicy.FIRST_LOGIN;
        cloud.loginAgain(
                failures, runtime.nanoTime() + policy.waitNanos(failures, runtime.random()));
    }
}
