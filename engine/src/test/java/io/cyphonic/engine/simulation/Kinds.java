package io.cyphonic.engine.simulation;

import io.cyphonic.signaling.protocol.DatagramType;
import io.cyphonic.signaling.protocol.RelayHeader;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** Names datagrams of simulated nodes, for the story of a failure. */
final class Kinds {
    private static final int FLAGS = 1;
    private static final int PAYLOAD = 16 + 32;
    private static final int TEMPLATE = PAYLOAD + 2;
    private static final int SEAL = 4;

    private Kinds() {}

    static String of(byte[] datagram) {
        if (datagram.length == 0) {
            return "nothing";
        }
        return switch (datagram[0]) {
            case DatagramType.TUNNEL_REQUEST -> "tunnel request";
            case DatagramType.TUNNEL_RESPONSE -> "tunnel response";
            case DatagramType.HOLE_PUNCH -> "hole punch";
            case DatagramType.CONTROL -> "to the cloud";
            case DatagramType.CAPSULE -> capsule(datagram);
            case DatagramType.RELAY ->
                    "relayed "
                            + of(Arrays.copyOfRange(datagram, RelayHeader.LENGTH, datagram.length));
            default -> "type 0x%02x".formatted(datagram[0]);
        };
    }

    private static String capsule(byte[] capsule) {
        if (capsule.length < PAYLOAD + SEAL || capsule[FLAGS] == 0) {
            return "packet";
        }
        return capsule.length < TEMPLATE + 2 + SEAL
                ? "keep-alive capsule"
                : "control message " + ByteBuffer.wrap(capsule).getShort(TEMPLATE);
    }
}
