package io.cyphonic.signaling.handshake;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.RelayHeader;
import io.cyphonic.signaling.protocol.RelayMessage;
import io.cyphonic.signaling.protocol.RelayRevocation;

import org.bouncycastle.crypto.macs.SipHash;
import org.bouncycastle.crypto.params.KeyParameter;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

/** The fixed bytes were computed by an independent implementation. */
class RelaySealTest {
    private static final HexFormat HEX = HexFormat.of();
    private static final byte[] KEY = HEX.parseHex("000102030405060708090a0b0c0d0e0f");

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);

    @Test
    void shouldBeSipHashOfHeaderLengthAndTheStartOfWhatFollows() {
        for (int round = 0; round < 3000; round++) {
            byte[] key = bytes(16);
            int offset = random.nextInt(5);
            int length = RelayHeader.LENGTH + 1 + random.nextInt(round % 2 == 0 ? 50 : 1400);
            byte[] buffer = bytes(offset + length + 3);
            RelayHeader.write(buffer, offset, round & 1, random.nextInt(), random.nextInt());

            new RelaySeal(key).seal(buffer, offset, length);

            assertThat(Arrays.copyOfRange(buffer, offset + 12, offset + 20))
                    .as("seed %d", seed)
                    .isEqualTo(expected(key, buffer, offset, length));
            assertThat(new RelaySeal(key).verify(buffer, offset, length)).isTrue();
        }
    }

    @Test
    void shouldWriteTheseBytes() {
        byte[] datagram = new byte[RelayHeader.LENGTH + 40];
        for (int i = 0; i < 40; i++) {
            datagram[RelayHeader.LENGTH + i] = (byte) i;
        }
        RelayHeader.write(datagram, 0, RelayHeader.RESPONDER, 0x0A0B0C0D0E0FL, 0xA1A2A3A4);

        new RelaySeal(KEY).seal(datagram, 0, datagram.length);

        assertThat(HEX.formatHex(datagram, 0, 20))
                .isEqualTo("47010a0b0c0d0e0fa1a2a3a4" + "200eacdbd6743c2e");
    }

    @Test
    void shouldNoticeEveryChangedBitItCoversAndAnyOtherLength() {
        byte[] datagram = bytes(RelayHeader.LENGTH + 60);
        RelayHeader.write(datagram, 0, 0, 7, 9);
        RelaySeal seal = new RelaySeal(KEY);
        seal.seal(datagram, 0, datagram.length);

        for (int bit = 0; bit < 8 * (RelayHeader.LENGTH + RelaySeal.COVERED_LENGTH); bit++) {
            byte[] changed = datagram.clone();
            changed[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(seal.verify(changed, 0, changed.length)).as("bit %d", bit).isFalse();
        }
        for (int length = RelayHeader.LENGTH + 1; length < datagram.length; length++) {
            assertThat(seal.verify(datagram, 0, length)).as("length %d", length).isFalse();
        }
        byte[] otherKey = KEY.clone();
        otherKey[15] ^= 1;
        assertThat(new RelaySeal(otherKey).verify(datagram, 0, datagram.length)).isFalse();
    }

    @Test
    void shouldDeriveAnotherKeyFromEveryFieldOfAGrant() {
        byte[] secret = new byte[32];
        Arrays.fill(secret, (byte) 7);
        Id128 path = new Id128(1, 2);
        Id128 node = new Id128(3, 4);
        byte[] key = RelayKeys.channelKey(secret, 1, path, 0, node, 1000, 50);

        assertThat(HEX.formatHex(key)).isEqualTo("797306bccac46103a2364953bf4f6620");
        assertThat(RelayKeys.channelKey(secret, 1, path, 0, node, 1000, 50)).isEqualTo(key);
        assertThat(RelayKeys.channelKey(secret, 2, path, 0, node, 1000, 50)).isNotEqualTo(key);
        assertThat(RelayKeys.channelKey(secret, 1, new Id128(1, 3), 0, node, 1000, 50))
                .isNotEqualTo(key);
        assertThat(RelayKeys.channelKey(secret, 1, path, 1, node, 1000, 50)).isNotEqualTo(key);
        assertThat(RelayKeys.channelKey(secret, 1, path, 0, path, 1000, 50)).isNotEqualTo(key);
        assertThat(RelayKeys.channelKey(secret, 1, path, 0, node, 1001, 50)).isNotEqualTo(key);
        assertThat(RelayKeys.channelKey(secret, 1, path, 0, node, 1000, 51)).isNotEqualTo(key);
    }

    @Test
    void shouldSignAMessageAndNoticeEveryChangedBit() {
        RelayCode code = new RelayCode(KEY);
        byte[] bind =
                code.signed(
                        new RelayMessage.Bind(
                                0, new Id128(1, 2), new Id128(3, 4), 1000, 50, 3, new byte[16]));

        assertThat(HEX.formatHex(bind, bind.length - 16, bind.length))
                .isEqualTo("5790cff6d9d57945f6f1c9c70b96c99b");
        assertThat(code.verify(bind, bind.length)).isTrue();
        for (int bit = 0; bit < 8 * bind.length; bit++) {
            byte[] changed = bind.clone();
            changed[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(code.verify(changed, changed.length)).as("bit %d", bit).isFalse();
        }
        code.close();
        assertThat(code.verify(bind, bind.length)).isFalse();
    }

    @Test
    void shouldSignARevocationWithAKeyOfItsOwn() {
        byte[] secret = new byte[32];
        Arrays.fill(secret, (byte) 7);
        byte[] key = RelayKeys.revocationKey(secret);
        RelayRevocation revocation = new RelayRevocation(List.of(new Id128(1, 2), new Id128(3, 4)));

        byte[] signed = new RelayCode(key).signed(revocation.encode());

        assertThat(HEX.formatHex(key)).isEqualTo("7f95784942884f59e3d7d3372b0614f7");
        assertThat(HEX.formatHex(signed))
                .isEqualTo(
                        "4c010200"
                                + "00000000000000010000000000000002"
                                + "00000000000000030000000000000004"
                                + "fbeabe495fb4cf085a39bf7b418f7537");
        assertThat(RelayRevocation.decode(signed)).isEqualTo(revocation);
    }

    @Test
    void shouldCheckManyAtOnceAsOneByOne() {
        RelaySealBatch batch = new RelaySealBatch();
        for (int round = 0; round < 2000; round++) {
            int count = 1 + random.nextInt(RelaySealBatch.CAPACITY);
            int length = RelaySeal.FULL_LENGTH + random.nextInt(60);
            int offset = random.nextInt(9);
            byte[] buffer = bytes(offset + count * length);
            RelaySeal seal = new RelaySeal(bytes(16));
            for (int i = 0; i < count; i++) {
                seal.seal(buffer, offset + i * length, length);
            }
            for (int wrong = random.nextInt(4); wrong > 0; wrong--) {
                buffer[offset + random.nextInt(count * length)] ^= (byte) (1 << random.nextInt(8));
            }

            batch.compute(seal, buffer, offset, length, count);

            for (int i = 0; i < count; i++) {
                assertThat(batch.isRight(i))
                        .as("seed %d, round %d, datagram %d", seed, round, i)
                        .isEqualTo(seal.verify(buffer, offset + i * length, length));
            }
        }
    }

    private static byte[] expected(byte[] key, byte[] buffer, int offset, int length) {
        SipHash hash = new SipHash();
        hash.init(new KeyParameter(key));
        hash.update(buffer, offset, 12);
        hash.update(ByteBuffer.allocate(4).putInt(length).array(), 0, 4);
        hash.update(buffer, offset + 20, Math.min(32, length - 20));
        byte[] code = new byte[8];
        hash.doFinal(code, 0);
        return code;
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }
}
