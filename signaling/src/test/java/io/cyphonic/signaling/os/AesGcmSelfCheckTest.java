package io.cyphonic.signaling.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.cyphonic.signaling.aead.AesGcm;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;

import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

class AesGcmSelfCheckTest {
    @Test
    void shouldExpectWhatTheJavaPlatformSeals() throws GeneralSecurityException {
        for (int number = 0; number < AesGcmSelfCheck.CHECKSUMS.length; number++) {
            for (int i = 0; i < AesGcmSelfCheck.LENGTHS.length; i++) {
                int length = AesGcmSelfCheck.LENGTHS[i];
                byte[] header = AesGcmSelfCheck.header();
                byte[] sealed = Arrays.copyOf(header, header.length + length + AesGcm.TAG_LENGTH);
                Cipher cipher =
                        cipher(
                                Cipher.ENCRYPT_MODE,
                                AesGcmSelfCheck.secret(number),
                                AesGcmSelfCheck.counter(number, length));
                cipher.updateAAD(header);
                cipher.doFinal(
                        AesGcmSelfCheck.PLAINTEXT,
                        AesGcmSelfCheck.PLAINTEXT_OFFSET,
                        length,
                        sealed,
                        header.length);

                assertThat(AesGcmSelfCheck.checksum(sealed))
                        .as("key %d, %d bytes", number, length)
                        .isEqualTo(AesGcmSelfCheck.CHECKSUMS[number][i]);
            }
        }
    }

    @Test
    void shouldPassWhatIsRight() {
        AesGcmSelfCheck.run(new PlatformAesGcm(false, false));
    }

    @Test
    void shouldRefuseALibraryThatSealsWrongly() {
        assertThatThrownBy(() -> AesGcmSelfCheck.run(new PlatformAesGcm(true, false)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("wrong result for 768 bytes");
    }

    @Test
    void shouldRefuseALibraryThatOpensWhatWasForged() {
        assertThatThrownBy(() -> AesGcmSelfCheck.run(new PlatformAesGcm(false, true)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("wrong result for 0 bytes");
    }

    private static Cipher cipher(int mode, byte[] secret, long counter)
            throws GeneralSecurityException {
        byte[] nonce = ByteBuffer.allocate(12).putInt(0).putLong(counter).array();
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(
                mode,
                new SecretKeySpec(secret, "AES"),
                new GCMParameterSpec(AesGcm.TAG_LENGTH * Byte.SIZE, nonce));
        return cipher;
    }

    /** The Java platform's cipher, with an error from 768 bytes on, or without a look at tags. */
    private record PlatformAesGcm(boolean sealsWrongly, boolean opensAnything) implements AesGcm {
        private record PlatformKey(byte[] secret) implements Key {
            @Override
            public void wipe() {}
        }

        @Override
        public Key expand(byte[] key) {
            return new PlatformKey(key);
        }

        @Override
        public Context newContext() {
            return new PlatformContext();
        }

        @Override
        public String description() {
            return "the Java platform";
        }

        private final class PlatformContext implements Context {
            @Override
            public void seal(
                    Key key,
                    long counter,
                    MemorySegment in,
                    long inOffset,
                    int length,
                    MemorySegment out,
                    long outOffset) {
                byte[] plaintext = in.asSlice(inOffset, length).toArray(JAVA_BYTE);
                try {
                    byte[] secret = ((PlatformKey) key).secret;
                    Cipher cipher = cipher(Cipher.ENCRYPT_MODE, secret, counter);
                    cipher.updateAAD(out.asSlice(outOffset, AAD_LENGTH).toArray(JAVA_BYTE));
                    byte[] sealed = cipher.doFinal(plaintext);
                    if (sealsWrongly && length >= 768) {
                        sealed[0] ^= 1;
                    }
                    long to = outOffset + AAD_LENGTH;
                    MemorySegment.copy(sealed, 0, out, JAVA_BYTE, to, sealed.length);
                } catch (GeneralSecurityException e) {
                    throw new AssertionError(e);
                }
            }

            @Override
            public boolean open(
                    Key key,
                    long counter,
                    MemorySegment in,
                    long inOffset,
                    int length,
                    MemorySegment out,
                    long outOffset) {
                byte[] sealed =
                        in.asSlice(inOffset, AAD_LENGTH + length + TAG_LENGTH).toArray(JAVA_BYTE);
                try {
                    byte[] secret = ((PlatformKey) key).secret;
                    Cipher cipher = cipher(Cipher.DECRYPT_MODE, secret, counter);
                    cipher.updateAAD(sealed, 0, AAD_LENGTH);
                    byte[] opened = cipher.doFinal(sealed, AAD_LENGTH, length + TAG_LENGTH);
                    MemorySegment.copy(opened, 0, out, JAVA_BYTE, outOffset, length);
                    return true;
                } catch (AEADBadTagException _) {
                    return opensAnything;
                } catch (GeneralSecurityException e) {
                    throw new AssertionError(e);
                }
            }
        }
    }
}
