package io.cyphonic.engine.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.handshake.CipherSuite;
import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.protocol.CapsuleHeader;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;

/** What every capsule cipher has to do. */
abstract class CapsuleCipherContract {
    private final CapsuleCipher cipher = newCipher();
    private final byte[] plain = "a packet of the overlay".getBytes();
    private final byte[] sealed = new byte[100];
    private final byte[] opened = new byte[100];

    abstract CapsuleCipher newCipher();

    private static CapsuleKey key(CipherSuite suite) {
        byte[] bytes = new byte[32];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) i;
        }
        return new CapsuleKey(suite, bytes);
    }

    private int seal(CipherSuite suite, long counter) {
        MemorySegment out = received(sealed);
        CapsuleHeader.write(out, 7, 1, 2, 3, counter);
        int length = cipher.seal(key(suite), counter, received(plain), 0, plain.length, out, 7);
        give(out, sealed);
        return length;
    }

    private int open(CipherSuite suite, long counter, int length) {
        MemorySegment out = received(opened);
        int plaintext = cipher.open(key(suite), counter, received(sealed), 7, length, out, 3);
        give(out, opened);
        return plaintext;
    }

    static void give(MemorySegment memory, byte[] to) {
        MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, 0, to, 0, to.length);
    }

    /** The bytes as the kernel would have left them. */
    static MemorySegment received(byte[] bytes) {
        MemorySegment memory = ReceivedDatagrams.newMemory();
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return memory;
    }

    @ParameterizedTest
    @EnumSource(CipherSuite.class)
    void shouldOpenWhatItSealed(CipherSuite suite) {
        int length = seal(suite, 1L << 40 | 5);

        assertThat(length).isEqualTo(plain.length + CapsuleHeader.OVERHEAD);
        assertThat(open(suite, 1L << 40 | 5, length)).isEqualTo(plain.length);
        assertThat(opened).contains(plain[0]);
        assertThat(java.util.Arrays.copyOfRange(opened, 3, 3 + plain.length)).isEqualTo(plain);
        // A duplicate opens too: telling it from the first is the replay window's business.
        assertThat(open(suite, 1L << 40 | 5, length)).isEqualTo(plain.length);
    }

    @ParameterizedTest
    @EnumSource(CipherSuite.class)
    void shouldRefuseEveryChangedByteAndTouchNothingBehind(CipherSuite suite) {
        int length = seal(suite, 9);
        opened[3 + plain.length] = 77;

        for (int i = 7; i < 7 + length; i++) {
            sealed[i] ^= 0x20;
            assertThat(open(suite, 9, length)).as("byte %d", i).isEqualTo(CapsuleCipher.FAILED);
            sealed[i] ^= 0x20;
        }

        assertThat(opened[3 + plain.length]).isEqualTo((byte) 77);
        assertThat(open(suite, 10, length)).isEqualTo(CapsuleCipher.FAILED);
        assertThat(open(suite, 9, 20)).isEqualTo(CapsuleCipher.FAILED);
    }

    /** Golden bytes: the wire format must not change unnoticed. */
    @ParameterizedTest
    @CsvSource({"AES_GCM_SHA256", "CHACHA_POLY_BLAKE2S"})
    void shouldSealToTheBytesOfTheProtocol(CipherSuite suite) {
        int length = seal(suite, 0x0102030405L);

        String header = HexFormat.of().formatHex(sealed, 7, 7 + CapsuleHeader.LENGTH);
        assertThat(header).isEqualTo("44010002" + "00000003" + "0000000102030405");
        assertThat(HexFormat.of().formatHex(sealed, 7 + CapsuleHeader.LENGTH, 7 + length))
                .isEqualTo(GoldenCapsules.of(suite));
    }

    @ParameterizedTest
    @EnumSource(CipherSuite.class)
    void shouldStillWorkAfterClose(CipherSuite suite) {
        cipher.close();

        assertThat(seal(suite, 1)).isPositive();
    }
}
