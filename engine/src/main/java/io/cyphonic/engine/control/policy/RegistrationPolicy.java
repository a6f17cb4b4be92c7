package io.cyphonic.engine.control.policy;

import java.util.concurrent.TimeUnit;

/** When the node has to talk to the cloud of its own accord. Pure. */
public final class RegistrationPolicy {
    /** A family over which the NMS did not answer is tried again after this long. */
    public static final long FAMILY_RETRY_NANOS = TimeUnit.SECONDS.toNanos(60);

    /**
     * The same if the NMS answers over no family. The login may still be good: one datagram shows
     * that the cloud is back, where a login takes a connection.
     */
    public static final long OFFLINE_RETRY_NANOS = TimeUnit.SECONDS.toNanos(8);

    private RegistrationPolicy() {}

    /** What one address family of the cloud needs. */
    public enum Verdict {
        /** Nothing. */
        NONE,
        /** Send a registration. */
        REGISTER,
        /** Send a keep-alive. */
        KEEP_ALIVE
    }

    /**
     * What one address family needs.
     *
     * @param registered whether the NMS has confirmed a registration that still holds good
     * @param requestRunning whether a request over it waits for its answer
     * @param dueNanos time since the next action was due; negative before
     */
    public static Verdict decide(boolean registered, boolean requestRunning, long dueNanos) {
        if (requestRunning || dueNanos < 0) {
            return Verdict.NONE;
        }
        return registered ? Verdict.KEEP_ALIVE : Verdict.REGISTER;
    }

    /** Whether to log in again before the common key runs out: in the last quarter of its life. */
    public static boolean loginDue(long loggedInMillis, long expiryMillis, long nowMillis) {
        return nowMillis >= expiryMillis - (expiryMillis - loggedInMillis) / 4;
    }
}
