package io.cyphonic.signaling.credential;

import io.cyphonic.signaling.protocol.ControlMessage;
import io.cyphonic.signaling.protocol.sbe.Status;

import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * How an enrolment or a login ended. The failures are part of normal life; their texts are one line
 * for a person, without secrets.
 */
public sealed interface AuthenticationResult {
    /** How an enrolment ended. */
    sealed interface EnrolResult extends AuthenticationResult permits Enrolled, Failure {}

    /** How a login ended. */
    sealed interface LoginResult extends AuthenticationResult permits LoggedIn, Failure {}

    /** No login. */
    sealed interface Failure extends EnrolResult, LoginResult {
        /** What went wrong, for a person. */
        String text();
    }

    /**
     * The node is a member now.
     *
     * @param response name, virtual addresses and prefix lengths, status OK
     * @param certificate verified: issued by the CA, for the keys of this node
     * @param caCertificate X.509 DER, to be stored and trusted from now on
     * @param cloud the address that answered
     */
    record Enrolled(
            ControlMessage.EnrolResponse response,
            NodeCertificate certificate,
            byte[] caCertificate,
            InetSocketAddress cloud)
            implements EnrolResult {}

    /**
     * The node is logged in.
     *
     * @param response common key, login id, end of the login and NMS addresses, status OK
     * @param renewedCertificate verified; to be stored in place of the old one
     * @param cloud the address that answered
     */
    record LoggedIn(
            ControlMessage.LoginResponse response,
            Optional<NodeCertificate> renewedCertificate,
            InetSocketAddress cloud)
            implements LoginResult {}

    /** The cloud said no. Repeating it helps only with {@link Status#UNAVAILABLE}. */
    record Refused(Status status, String text) implements Failure {}

    /** No cloud address answered in time. Worth repeating. */
    record Unreachable(String text) implements Failure {}

    /** Somebody answered, with another CA: another cloud, or an attacker. */
    record WrongCloud(String text) implements Failure {}

    /** The clocks of node and cloud are too far apart; the text has both times. */
    record ClockOff(String text) implements Failure {}
}
