package io.cyphonic.engine.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cyphonic.signaling.aead.AesGcm;
import io.cyphonic.signaling.handshake.CipherSuite;
import io.cyphonic.signaling.os.MultiBufferAesGcm;
import io.cyphonic.signaling.protocol.CapsuleHeader;

import org.junit.jupiter.api.Test;

import java.util.Arrays;
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
        byte[] plain = new byte[MAX_LENGTH];
        byte[] ours = new byte[MAX_LENGTH + 100];
        byte[] theirs = new byte[MAX_LENGTH + 100];
        byte[] opened = new byte[MAX_LENGTH];
        for (int round = 0; round < ROUNDS; round++) {
            int length = random.nextInt(round % 8 == 0 ? MAX_LENGTH : 200);
            int at = random.nextInt(40);
            random.nextBytes(plain);
            CapsuleHeader.write(ours, at, 0, 0, random.nextInt(), round);
            System.arraycopy(ours, at, theirs, at, CapsuleHeader.LENGTH);

            int sealed = own.seal(key, round, plain, 0, length, ours, at);

            assertThat(java.seal(key, round, plain, 0, length, theirs, at)).isEqualTo(sealed);
            assertThat(Arrays.equals(ours, at, at + sealed, theirs, at, at + sealed))
                    .as("seed %d round %d length %d", seed, round, length)
                    .isTrue();
            assertThat(own.open(key, round, received(ours), at, sealed, opened, 0))
                    .isEqualTo(length);
            assertThat(Arrays.equals(opened, 0, length, plain, 0, length))
                    .as("seed %d round %d length %d", seed, round, length)
                    .isTrue();
        }
    }

    @Test
    void shouldGiveNothingOutOnceTheKeyWasWiped() {
        CapsuleCipher cipher = newCipher();
        CapsuleKey key = key(new Random(1));
        byte[] plain = new byte[100];
        byte[] sealed = new byte[200];
        assertThat(cipher.seal(key, 1, plain, 0, plain.length, sealed, 0)).isPositive();

        key.destroy();

        assertThat(cipher.seal(key, 2, plain, 0, plain.length, sealed, 0))
                .isEqualTo(CapsuleCipher.FAILED);
        assertThat(cipher.open(key, 1, received(sealed), 0, 132, plain, 0))
                .isEqualTo(CapsuleCipher.FAILED);
    }
}
