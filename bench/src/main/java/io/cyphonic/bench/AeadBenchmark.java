package io.cyphonic.bench;

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

import java.nio.ByteBuffer;
import java.security.Provider;
import java.security.spec.AlgorithmParameterSpec;
import java.util.concurrent.TimeUnit;

import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * What sealing one capsule costs, by provider, kind of buffer and packet size: one init with a
 * fresh nonce, sixteen bytes of associated data, one packet. Decides docs/adr/0004.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class AeadBenchmark {
    private static final int TAG_BITS = 128;

    /** Cipher, provider and buffer kind. */
    public enum Variant {
        JDK_AES_256_GCM_HEAP,
        JDK_AES_256_GCM_DIRECT,
        JDK_CHACHA20_POLY1305_HEAP,
        BC_AES_256_GCM_HEAP,
        BC_CHACHA20_POLY1305_HEAP
    }

    @Param public Variant variant;

    @Param({"64", "512", "1400"})
    public int length;

    private Cipher cipher;
    private SecretKeySpec key;
    private byte[] in;
    private byte[] out;
    private ByteBuffer directIn;
    private ByteBuffer directOut;
    private final byte[] header = new byte[16];
    private final byte[] nonce = new byte[12];
    private long counter;

    /** Makes the cipher and fills the packet. */
    @Setup
    public void setUp() throws Exception {
        boolean aes = variant.name().contains("AES");
        String name = aes ? "AES/GCM/NoPadding" : "ChaCha20-Poly1305";
        Provider bouncyCastle = new BouncyCastleProvider();
        cipher =
                variant.name().startsWith("BC")
                        ? Cipher.getInstance(name, bouncyCastle)
                        : Cipher.getInstance(name);
        key = new SecretKeySpec(new byte[32], aes ? "AES" : "ChaCha20");
        in = new byte[length];
        out = new byte[length + TAG_BITS / 8];
        directIn = ByteBuffer.allocateDirect(in.length);
        directOut = ByteBuffer.allocateDirect(out.length);
    }

    private AlgorithmParameterSpec nextNonce() {
        long next = counter++;
        for (int i = 0; i < 8; i++) {
            nonce[4 + i] = (byte) (next >>> 56 - 8 * i);
        }
        return variant.name().contains("AES")
                ? new GCMParameterSpec(TAG_BITS, nonce)
                : new IvParameterSpec(nonce);
    }

    /** Seals one packet. */
    @Benchmark
    public int seal() throws Exception {
        cipher.init(Cipher.ENCRYPT_MODE, key, nextNonce());
        cipher.updateAAD(header);
        if (variant == Variant.JDK_AES_256_GCM_DIRECT) {
            directIn.clear();
            directOut.clear();
            return cipher.doFinal(directIn, directOut);
        }
        return cipher.doFinal(in, 0, in.length, out, 0);
    }
}
