package io.cyphonic.signaling.registry;

import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.Id128;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Writes big-endian fields to a growing array; {@link BinaryReader} reads them in the same order.
 * Texts and byte strings start with a 16-bit length, addresses with their length in a byte (0:
 * none).
 */
final class BinaryWriter {
    private ByteBuffer buffer = ByteBuffer.allocate(256);

    BinaryWriter int8(int value) {
        room(Byte.BYTES).put((byte) value);
        return this;
    }

    BinaryWriter int32(int value) {
        room(Integer.BYTES).putInt(value);
        return this;
    }

    BinaryWriter int64(long value) {
        room(Long.BYTES).putLong(value);
        return this;
    }

    BinaryWriter id(Id128 id) {
        return int64(id.high()).int64(id.low());
    }

    BinaryWriter bytes(byte[] bytes) {
        if (bytes.length > 0xFFFF) {
            throw new IllegalArgumentException("at most 65535 bytes, found " + bytes.length);
        }
        room(Short.BYTES + bytes.length).putShort((short) bytes.length).put(bytes);
        return this;
    }

    BinaryWriter text(String text) {
        return bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    BinaryWriter address(InetAddress address) {
        if (address == null) {
            return int8(0);
        }
        final byte[] bytes = address.getAddress();
        int8(bytes.length);
        room(bytes.length).put(bytes);
        return this;
    }

    BinaryWriter socketAddress(InetSocketAddress address) {
        if (address == null) {
            return int8(0);
        }
        address(address.getAddress());
        room(Short.BYTES).putShort((short) address.getPort());
        return this;
    }

    /** At most 255 of them. */
    BinaryWriter candidates(List<Candidate> candidates) {
        int8(candidates.size());
        for (final Candidate candidate : candidates) {
            int8(candidate.kind().value()).socketAddress(candidate.address());
        }
        return this;
    }

    private ByteBuffer room(int bytes) {
        if (buffer.remaining() < bytes) {
            final int capacity = Math.max(2 * buffer.capacity(), buffer.position() + bytes);
            buffer = ByteBuffer.allocate(capacity).put(buffer.flip());
        }
        return buffer;
    }

    byte[] toArray() {
        return Arrays.copyOf(buffer.array(), buffer.position());
    }
}
