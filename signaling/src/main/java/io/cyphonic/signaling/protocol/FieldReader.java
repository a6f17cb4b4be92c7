package io.cyphonic.signaling.protocol;

import io.cyphonic.signaling.protocol.sbe.AddressDecoder;
import io.cyphonic.signaling.protocol.sbe.CandidateKind;
import io.cyphonic.signaling.protocol.sbe.Id128Decoder;
import io.cyphonic.signaling.protocol.sbe.Procedure;
import io.cyphonic.signaling.protocol.sbe.SocketAddressDecoder;
import io.cyphonic.signaling.protocol.sbe.Status;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Values of the records from what the generated decoders give. A value that is not allowed marks
 * the whole message as malformed instead of throwing; the caller asks at the end. One instance per
 * message.
 */
final class FieldReader {
    /** The shape of the generated getters for byte strings. */
    interface DataGetter {
        int get(byte[] destination, int offset, int length);
    }

    private static final int NULL_ENUM = 255;

    private boolean malformed;

    boolean isMalformed() {
        return malformed;
    }

    Id128 id(Id128Decoder decoder) {
        return new Id128(decoder.high(), decoder.low());
    }

    InetAddress address(AddressDecoder decoder) {
        return new MappedAddress(decoder.high(), decoder.low()).toInetAddress();
    }

    Inet4Address ipv4(AddressDecoder decoder) {
        InetAddress address = address(decoder);
        if (address instanceof Inet6Address) {
            malformed = true;
            return null;
        }
        return (Inet4Address) address;
    }

    Inet6Address ipv6(AddressDecoder decoder) {
        InetAddress address = address(decoder);
        if (address instanceof Inet4Address) {
            malformed = true;
            return null;
        }
        return (Inet6Address) address;
    }

    int prefixLength(int value, int max) {
        malformed |= value > max;
        return value;
    }

    /** The address and port, or {@code null} where there is none. */
    InetSocketAddress endpoint(SocketAddressDecoder decoder) {
        InetAddress address = new MappedAddress(decoder.high(), decoder.low()).toInetAddress();
        int port = decoder.port();
        if (address == null && port == 0) {
            return null;
        }
        if (address == null || port == 0) {
            malformed = true;
            return null;
        }
        return new InetSocketAddress(address, port);
    }

    /** Adds an endpoint of a list, where "none" makes no sense. */
    void addEndpoint(List<InetSocketAddress> endpoints, SocketAddressDecoder decoder) {
        InetSocketAddress endpoint = endpoint(decoder);
        malformed |= endpoint == null;
        endpoints.add(endpoint);
    }

    /** Adds a candidate; leaves out one of a kind that a later version of the protocol added. */
    void addCandidate(List<Candidate> candidates, SocketAddressDecoder decoder, int rawKind) {
        InetSocketAddress endpoint = endpoint(decoder);
        malformed |= endpoint == null;
        CandidateKind kind =
                switch (rawKind) {
                    case 0 -> CandidateKind.LOCAL;
                    case 1 -> CandidateKind.OBSERVED;
                    case 2 -> CandidateKind.STUN;
                    case 3 -> CandidateKind.PORT_MAPPING;
                    case 4 -> CandidateKind.RELAY;
                    case 5 -> CandidateKind.UNCONFIRMED;
                    default -> null;
                };
        if (kind != null) {
            candidates.add(new Candidate(endpoint, kind));
        }
    }

    /** A status, always present; one this version does not know makes the message useless. */
    Status status(short raw) {
        // The generated lookup throws for unknown values: it is asked only for known ones.
        if (raw > Status.CLOCK_SKEW.value()) {
            malformed = true;
            return null;
        }
        return Status.get(raw);
    }

    /** A procedure, or {@code null} for the null value. */
    Procedure procedure(short raw) {
        if (raw == NULL_ENUM) {
            return null;
        }
        if (raw < Procedure.DIRECT.value() || raw > Procedure.RELAY.value()) {
            malformed = true;
            return null;
        }
        return Procedure.get(raw);
    }

    /** Marks the message as malformed unless the condition holds. */
    void require(boolean condition) {
        malformed |= !condition;
    }

    byte[] data(int length, DataGetter getter) {
        byte[] data = new byte[length];
        getter.get(data, 0, length);
        return data;
    }

    String text(int length, DataGetter getter) {
        byte[] bytes = data(length, getter);
        if (!isText(bytes)) {
            malformed = true;
            return "";
        }
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    /**
     * Names on the wire are printable ASCII (international names in their ASCII form, RFC 5890).
     */
    static boolean isText(byte[] bytes) {
        if (bytes.length > ControlMessageCodec.MAX_TEXT_LENGTH) {
            return false;
        }
        for (byte b : bytes) {
            if (b <= ' ' || b == 0x7F) {
                return false;
            }
        }
        return true;
    }
}
