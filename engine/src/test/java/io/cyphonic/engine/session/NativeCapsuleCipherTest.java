package io.cyphonic.engine.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cyphonic.signaling.aead.AesGcm;
import io.cyphonic.signaling.handshake.CipherSuite;
import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.os.MultiBufferAesGcm;
import io.cyphonic.signaling.protocol.CapsuleHeader;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.Random;

/** Needs the package libipsec-mb1, which deploy/verify installs. */
class NativeCapsuleCipherTest extends CapsuleCipherContract {
    private static final int MAX_LENGTH = 9_000;
    private static final int ROUNDS = 5_000;

    private static final Optional<AesGcm> LIBRARY = MultiBufferAesGcm.find();

    @Override
    CapsuleCipher newCipher() {
        assumeTrue(LIBRARY.isPresent(), "libipsec-mb1 is not installed");
        return new NativeCapsuleCipher(LIBRARY.get());
    }

    private static CapsuleKey key(Random random) {
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        return new CapsuleKey(CipherSuite.AES_GCM_SHA256, bytes);
    }

    @Test
    void shouldSealAndOpenLikeTheJavaPlatform() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        CapsuleCipher own = newCipher();
        CapsuleCipher java = new JcaCapsuleCipher();
        CapsuleKey key = key(random);
        byte[] bytes = new byte[MAX_LENGTH];
        MemorySegment plain = ReceivedDatagrams.newMemory();
        MemorySegment ours = ReceivedDatagrams.newMemory();
        MemorySegment theirs = ReceivedDatagrams.newMemory();
        MemorySegment opened = ReceivedDatagrams.newMemory();
        for (int round = 0; round < ROUNDS; round++) {
            int length = random.nextInt(round % 8 == 0 ? MAX_LENGTH : 200);
            int at = random.nextInt(40);
            random.nextBytes(bytes);
            MemorySegment.copy(bytes, 0, plain, ValueLayout.JAVA_BYTE, 0, bytes.length);
            CapsuleHeader.write(ours, at, 0, 0, random.nextInt(), round);
            MemorySegment.copy(ours, at, theirs, at, CapsuleHeader.LENGTH);

            int sealed = own.seal(key, round, plain, 0, length, ours, at);

            assertThat(java.seal(key, round, plain, 0, length, theirs, at)).isEqualTo(sealed);
            assertThat(ours.asSlice(at, sealed).mismatch(theirs.asSlice(at, sealed)))
                    .as("seed %d round %d length %d", seed, round, length)
                    .isEqualTo(-1);
            assertThat(own.open(key, round, ours, at, sealed, opened, 0)).isEqualTo(length);
            assertThat(opened.asSlice(0, length).mismatch(plain.asSlice(0, length)))
                    .as("seed %d round %d length %d", seed, round, length)
                    .isEqualTo(-1);
        }
    }

    @Test
    void shouldGiveNothingOutOnceTheKeyWasWiped() {
        CapsuleCipher cipher = newCipher();
        CapsuleKey key = key(new Random(1));
        MemorySegment plain = received(new byte[100]);
        MemorySegment sealed = received(new byte[200]);
        assertThat(cipher.seal(key, 1, plain, 0, 100, sealed, 0)).isPositive();

        key.destroy();

        assertThat(cipher.seal(key, 2, plain, 0, 100, sealed, 0)).isEqualTo(CapsuleCipher.FAILED);
        assertThat(cipher.open(key, 1, sealed, 0, 132, plain, 0)).isEqualTo(CapsuleCipher.FAILED);
    }
}
