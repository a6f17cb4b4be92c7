package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.session.CapsuleCipher;
import io.cyphonic.engine.session.CapsuleKey;
import io.cyphonic.signaling.protocol.CapsuleHeader;

import java.lang.foreign.MemorySegment;

/** A cipher that does not encrypt, for tests that measure what the engine itself does. */
final class NullCapsuleCipher implements CapsuleCipher {
    @Override
    public int seal(
            CapsuleKey key,
            long counter,
            MemorySegment in,
            long inOffset,
            int length,
            MemorySegment out,
            long outOffset) {
        MemorySegment.copy(in, inOffset, out, outOffset + CapsuleHeader.LENGTH, length);
        return length + CapsuleHeader.OVERHEAD;
    }

    @Override
    public int open(
            CapsuleKey key,
            long counter,
            MemorySegment in,
            long inOffset,
            int length,
            MemorySegment out,
            long outOffset) {
        int plain = length - CapsuleHeader.OVERHEAD;
        long from = inOffset + CapsuleHeader.LENGTH;
        MemorySegment.copy(in, from, out, outOffset, plain);
        return plain;
    }

    @Override
    public void close() {}
}
