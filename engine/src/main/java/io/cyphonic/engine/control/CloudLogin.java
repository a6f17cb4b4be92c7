package io.cyphonic.engine.control;

import io.cyphonic.signaling.protocol.ControlMessage.LoginResponse;

/** The login at the AS, as the control plane needs it. Thread-safe. */
@FunctionalInterface
public interface CloudLogin {
    /**
     * Logs in; asks for a new certificate if the present one is due. Waits for the network, a
     * bounded time.
     */
    Result login();

    /** How a login ended. */
    sealed interface Result {
        /** Logged in; the status in the response is OK, a new certificate may be in it. */
        record LoggedIn(LoginResponse response) implements Result {}

        /**
         * Not logged in.
         *
         * @param revoked whether the cloud has said that this node may not come back
         * @param reason one line for people
         */
        record Failed(boolean revoked, String reason) implements Result {}
    }
}
