package io.cyphonic.bench;

import io.cyphonic.engine.session.CapsuleKey;
import io.cyphonic.engine.session.NativeCapsuleCipher;
import io.cyphonic.signaling.aead.AesGcm;
import io.cyphonic.signaling.handshake.CipherSuite;
import io.cyphonic.signaling.os.MultiBufferAesGcm;
import io.cyphonic.signaling.protocol.CapsuleHeader;

import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.Provider;
import java.security.spec.AlgorithmParameterSpec;
import java.util.concurrent.TimeUnit;

import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * What sealing and opening one capsule costs, by provider, kind of buffer and packet size: one init
 * with a fresh nonce, sixteen bytes of associated data, one packet. The native library is measured
 * as the engine calls it. Decides docs/adr/0004 and 0014.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class AeadBenchmark {
    private static final int TAG_LENGTH = AesGcm.TAG_LENGTH;
    private static final int TAG_BITS = 8 * TAG_LENGTH;

    /** Cipher, provider and buffer kind. */
    public enum Variant {
        NATIVE_AES_256_GCM,
        JDK_AES_256_GCM_HEAP,
        JDK_AES_256_GCM_DIRECT,
        JDK_CHACHA20_POLY1305_HEAP,
        BC_AES_256_GCM_HEAP,
        BC_CHACHA20_POLY1305_HEAP
    }

    @Param public Variant variant;

    @Param({"64", "512", "1400"})
    public int length;

    private final byte[] header = new byte[CapsuleHeader.LENGTH];
    private final byte[] nonce = new byte[12];
    private Cipher cipher;
    private SecretKeySpec key;
    private byte[] plain;
    private byte[] sealed;
    private byte[] out;
    private ByteBuffer directPlain;
    private ByteBuffer directSealed;
    private ByteBuffer directOut;
    private NativeCapsuleCipher capsuleCipher;
    private CapsuleKey capsuleKey;
    private MemorySegment packet;
    private MemorySegment capsule;
    private MemorySegment made;
    private long counter;

    /** Makes the cipher, a packet, and the same packet sealed under counter 0. */
    @Setup
    public void setUp() throws GeneralSecurityException {
        plain = new byte[length];
        out = new byte[length + CapsuleHeader.OVERHEAD];
        if (variant == Variant.NATIVE_AES_256_GCM) {
            setUpNative();
        } else {
            setUpProvider();
        }
        counter = 1;
    }

    private void setUpNative() {
        AesGcm library =
                MultiBufferAesGcm.find()
                        .orElseThrow(() -> new IllegalStateException("ipsec-mb is not installed"));
        capsuleCipher = new NativeCapsuleCipher(library);
        capsuleKey = new CapsuleKey(CipherSuite.AES_GCM_SHA256, new byte[32]);
        packet = offHeap(length);
        capsule = offHeap(length + CapsuleHeader.OVERHEAD);
        made = offHeap(length + CapsuleHeader.OVERHEAD);
        capsuleCipher.seal(capsuleKey, 0, packet, 0, length, capsule, 0);
    }

    private static MemorySegment offHeap(int bytes) {
        return MemorySegment.ofBuffer(ByteBuffer.allocateDirect(bytes));
    }

    private void setUpProvider() throws GeneralSecurityException {
        boolean aes = variant.name().contains("AES");
        String name = aes ? "AES/GCM/NoPadding" : "ChaCha20-Poly1305";
        Provider bouncyCastle = new BouncyCastleProvider();
        cipher =
                variant.name().startsWith("BC")
                        ? Cipher.getInstance(name, bouncyCastle)
                        : Cipher.getInstance(name);
        key = new SecretKeySpec(new byte[32], aes ? "AES" : "ChaCha20");
        cipher.init(Cipher.ENCRYPT_MODE, key, nonce(0));
        cipher.updateAAD(header);
        sealed = cipher.doFinal(plain);
        directPlain = ByteBuffer.allocateDirect(length);
        directSealed = ByteBuffer.allocateDirect(length + TAG_LENGTH).put(sealed);
        directOut = ByteBuffer.allocateDirect(length + TAG_LENGTH);
    }

    private AlgorithmParameterSpec nonce(long number) {
        for (int i = 0; i < 8; i++) {
            nonce[4 + i] = (byte) (number >>> 56 - 8 * i);
        }
        return variant.name().contains("AES")
                ? new GCMParameterSpec(TAG_BITS, nonce)
                : new IvParameterSpec(nonce);
    }

    /** Seals one packet. */
    @Benchmark
    public int seal() throws GeneralSecurityException {
        long next = counter++;
        if (variant == Variant.NATIVE_AES_256_GCM) {
            return capsuleCipher.seal(capsuleKey, next, packet, 0, length, made, 0);
        }
        return run(Cipher.ENCRYPT_MODE, next, plain, directPlain);
    }

    /** Opens one packet, always the same. */
    @Benchmark
    public int open() throws GeneralSecurityException {
        if (variant == Variant.NATIVE_AES_256_GCM) {
            return capsuleCipher.open(capsuleKey, 0, capsule, 0, (int) capsule.byteSize(), made, 0);
        }
        return run(Cipher.DECRYPT_MODE, 0, sealed, directSealed);
    }

    private int run(int direction, long number, byte[] in, ByteBuffer directIn)
            throws GeneralSecurityException {
        cipher.init(direction, key, nonce(number));
        cipher.updateAAD(header);
        if (variant == Variant.JDK_AES_256_GCM_DIRECT) {
            directIn.clear();
            directOut.clear();
            return cipher.doFinal(directIn, directOut);
        }
        return cipher.doFinal(in, 0, in.length, out, 0);
    }
}
