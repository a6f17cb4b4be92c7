package io.cyphonic.signaling.protocol;

import io.cyphonic.signaling.protocol.sbe.AddressEncoder;
import io.cyphonic.signaling.protocol.sbe.Id128Encoder;
import io.cyphonic.signaling.protocol.sbe.Procedure;
import io.cyphonic.signaling.protocol.sbe.SocketAddressEncoder;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Values of the records in the form the generated encoders take, with the limits of the protocol. A
 * value beyond a limit is a bug of the sender and throws; nothing a peer sends comes through here.
 */
final class FieldWriter {
    private FieldWriter() {}

    static void id(Id128Encoder encoder, Id128 id) {
        Id128 present = id == null ? Id128.NONE : id;
        encoder.high(present.high()).low(present.low());
    }

    static void address(AddressEncoder encoder, InetAddress address) {
        MappedAddress mapped = MappedAddress.of(address);
        encoder.high(mapped.high()).low(mapped.low());
    }

    static void endpoint(SocketAddressEncoder encoder, InetSocketAddress endpoint) {
        if (endpoint == null) {
            encoder.high(0).low(0).port(0);
            return;
        }
        if (endpoint.isUnresolved()) {
            throw new IllegalArgumentException("unresolved address: " + endpoint);
        }
        MappedAddress mapped = MappedAddress.of(endpoint.getAddress());
        encoder.high(mapped.high()).low(mapped.low()).port(endpoint.getPort());
    }

    /** No procedure is the null value: a refusal names none. */
    static Procedure procedure(Procedure procedure) {
        return procedure == null ? Procedure.NULL_VAL : procedure;
    }

    static byte[] text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (!FieldReader.isText(bytes)) {
            throw new IllegalArgumentException(
                    "a name has at most %d printable ASCII characters, found: %s"
                            .formatted(ControlMessageCodec.MAX_TEXT_LENGTH, text));
        }
        return bytes;
    }

    static int count(List<?> list, int max) {
        if (list.size() > max) {
            throw new IllegalArgumentException(
                    "a list has at most %d entries, found %d".formatted(max, list.size()));
        }
        return list.size();
    }

    static byte[] data(byte[] data) {
        if (data.length > ControlMessageCodec.MAX_DATA_LENGTH) {
            throw new IllegalArgumentException(
                    "a byte string has at most %d bytes, found %d"
                            .formatted(ControlMessageCodec.MAX_DATA_LENGTH, data.length));
        }
        return data;
    }
}
