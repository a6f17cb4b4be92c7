package io.cyphonic.signaling.registry;

import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.sbe.CandidateKind;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads what {@link BinaryWriter} wrote.
 *
 * <p>The bytes come from our own log and files, not from a peer. So anything unexpected means
 * damage or a newer format and throws: skipping an entry would make this member's state differ from
 * what the log says.
 */
final class BinaryReader {
    private final ByteBuffer buffer;

    BinaryReader(byte[] bytes, int offset, int length) {
        buffer = ByteBuffer.wrap(bytes, offset, length);
    }

    int int8() {
        return buffer.get() & 0xFF;
    }

    int int32() {
        return buffer.getInt();
    }

    long int64() {
        return buffer.getLong();
    }

    Id128 id() {
        return new Id128(buffer.getLong(), buffer.getLong());
    }

    byte[] bytes() {
        return raw(buffer.getShort() & 0xFFFF);
    }

    String text() {
        return new String(bytes(), StandardCharsets.UTF_8);
    }

    InetAddress address() {
        final int length = int8();
        return length == 0 ? null : addressOf(raw(length));
    }

    InetSocketAddress socketAddress() {
        final InetAddress address = address();
        return address == null ? null : new InetSocketAddress(address, buffer.getShort() & 0xFFFF);
    }

    List<Candidate> candidates() {
        final List<Candidate> candidates = new ArrayList<>();
        for (int left = int8(); left > 0; left--) {
            final CandidateKind kind = CandidateKind.get((short) int8());
            candidates.add(new Candidate(socketAddress(), kind));
        }
        return List.copyOf(candidates);
    }

    byte[] raw(int length) {
        final byte[] bytes = new byte[length];
        buffer.get(bytes);
        return bytes;
    }

    boolean atEnd() {
        return !buffer.hasRemaining();
    }

    static InetAddress addressOf(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("address of " + bytes.length + " bytes", e);
        }
    }
}
