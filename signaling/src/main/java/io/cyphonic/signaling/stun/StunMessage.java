package io.cyphonic.signaling.stun;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A Binding message with what this project understands of it. Immutable.
 *
 * @param type request, indication or answer
 * @param id transaction id
 * @param mapped the source of the request as the server saw it: XOR-MAPPED-ADDRESS, or
 *     MAPPED-ADDRESS of an old server; {@code null} without
 * @param origin RESPONSE-ORIGIN, where the answer was sent from (RFC 5780); {@code null} without
 * @param other OTHER-ADDRESS, where a second address and port of the server are (RFC 5780); {@code
 *     null} without
 * @param change the bits of CHANGE-REQUEST (RFC 5780); negative without
 * @param alternatePort {@link StunCodec#ALTERNATE_PORT}: in an answer the second port of the
 *     server, in a request any value asks for it; negative without
 * @param errorCode 300 to 699 in an error; 0 otherwise
 * @param unknown in a decoded request the comprehension-required attributes that are not
 *     understood, in an error those that it complains about; at most {@value #MAX_UNKNOWN}
 * @param fingerprint whether a FINGERPRINT ends the message
 */
public record StunMessage(
        StunType type,
        StunTransactionId id,
        InetSocketAddress mapped,
        InetSocketAddress origin,
        InetSocketAddress other,
        int change,
        int alternatePort,
        int errorCode,
        List<Integer> unknown,
        boolean fingerprint) {
    /** The bit of CHANGE-REQUEST that asks for an answer from the other address. */
    public static final int CHANGE_ADDRESS = 0x04;

    /** The bit of CHANGE-REQUEST that asks for an answer from the other port. */
    public static final int CHANGE_PORT = 0x02;

    /** An attribute that is not there. */
    public static final int ABSENT = -1;

    /** Most attributes that {@link #unknown} names. */
    public static final int MAX_UNKNOWN = 8;

    /** Keeps the list. */
    public StunMessage {
        Objects.requireNonNull(type);
        Objects.requireNonNull(id);
        unknown = List.copyOf(unknown);
    }

    /** A plain question for the mapped address: 20 bytes. */
    public static StunMessage request(StunTransactionId id) {
        return request(id, ABSENT, false);
    }

    /**
     * A question for the mapped address.
     *
     * @param change bits of CHANGE-REQUEST, or {@link #ABSENT}
     * @param askForAlternatePort whether to ask for the server's second port too
     */
    public static StunMessage request(
            StunTransactionId id, int change, boolean askForAlternatePort) {
        return new StunMessage(
                StunType.BINDING_REQUEST,
                id,
                null,
                null,
                null,
                change,
                askForAlternatePort ? 0 : ABSENT,
                0,
                List.of(),
                false);
    }

    /** The other address and port of the server, if it has both. */
    public Optional<InetSocketAddress> otherAddress() {
        return Optional.ofNullable(other);
    }
}
