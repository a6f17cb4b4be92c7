package io.cyphonic.engine.session;

import io.cyphonic.signaling.aead.AesGcm;
import io.cyphonic.signaling.handshake.CipherSuite;
import io.cyphonic.signaling.protocol.CapsuleHeader;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * Capsules through a native library for AES-GCM, and through the JCA for other suites. A quarter of
 * the JCA's time for a full packet and a sixth for a small one, no allocation, and at full speed
 * from the first packet on ({@code AeadBenchmark}, docs/performance.md).
 *
 * <p>Not thread-safe: one instance per worker.
 */
public final class NativeCapsuleCipher implements CapsuleCipher {
    private final AesGcm library;
    private final AesGcm.Context context;
    private final JcaCapsuleCipher others = new JcaCapsuleCipher();

    /** A cipher with working memory of its own. */
    public NativeCapsuleCipher(AesGcm library) {
        this.library = library;
        this.context = library.newContext();
    }

    @Override
    public int seal(
            CapsuleKey key,
            long counter,
            MemorySegment in,
            long inOffset,
            int length,
            MemorySegment out,
            long outOffset) {
        if (key.suite() != CipherSuite.AES_GCM_SHA256) {
            return others.seal(key, counter, in, inOffset, length, out, outOffset);
        }
        context.seal(key.expanded(library), counter, in, inOffset, length, out, outOffset);
        return wipedMeanwhile(key) ? FAILED : CapsuleHeader.OVERHEAD + length;
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
        if (key.suite() != CipherSuite.AES_GCM_SHA256) {
            return others.open(key, counter, in, inOffset, length, out, outOffset);
        }
        int plaintext = length - CapsuleHeader.OVERHEAD;
        if (plaintext < 0) {
            return FAILED;
        }
        boolean authentic =
                context.open(
                        key.expanded(library), counter, in, inOffset, plaintext, out, outOffset);
        return !authentic || wipedMeanwhile(key) ? FAILED : plaintext;
    }

    /** What was sealed under zeros must not leave; the key is marked before it is overwritten. */
    private static boolean wipedMeanwhile(CapsuleKey key) {
        VarHandle.loadLoadFence();
        return key.isDestroyed();
    }

    /** The expanded keys belong to the sessions and go with them. */
    @Override
    public void close() {
        others.close();
    }
}
