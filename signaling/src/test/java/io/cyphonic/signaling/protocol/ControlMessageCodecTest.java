package io.cyphonic.signaling.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cyphonic.signaling.protocol.sbe.CandidateKind;
import io.cyphonic.signaling.protocol.sbe.Status;

import org.junit.jupiter.api.Test;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

class ControlMessageCodecTest {
    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);
    private final RandomMessages messages = new RandomMessages(random);

    @Test
    void shouldReturnEveryMessageAsItWas() {
        Set<Class<?>> seen = new HashSet<>();
        for (int round = 0; round < 12; round++) {
            for (ControlMessage message : messages.oneOfEach()) {
                seen.add(message.getClass());

                byte[] encoded = ControlMessageCodec.encode(message);

                assertThat(ControlMessageCodec.decode(encoded, 0, encoded.length))
                        .as("seed %d", seed)
                        .usingRecursiveComparison()
                        .isEqualTo(message);
            }
        }
        assertThat(seen).containsExactlyInAnyOrder(ControlMessage.class.getPermittedSubclasses());
    }

    @Test
    void shouldReadAMessageInTheMiddleOfABuffer() {
        byte[] encoded = ControlMessageCodec.encode(new ControlMessage.PathProbe(42));
        byte[] buffer = new byte[encoded.length + 20];
        System.arraycopy(encoded, 0, buffer, 7, encoded.length);

        assertThat(ControlMessageCodec.decode(buffer, 7, encoded.length))
                .isEqualTo(new ControlMessage.PathProbe(42));
        assertThat(ControlMessageCodec.decode(buffer, 7, encoded.length + 13))
                .as("with bytes behind it")
                .isEqualTo(new ControlMessage.PathProbe(42));
    }

    @Test
    void shouldReturnNullWhenABlockListOrByteStringIsCut() {
        for (ControlMessage message : messages.oneOfEach()) {
            byte[] encoded = ControlMessageCodec.encode(message);
            for (int length = 0; length < encoded.length; length++) {
                assertThat(ControlMessageCodec.decode(encoded, 0, length))
                        .as("%s cut to %d, seed %d", message.getClass(), length, seed)
                        .isNull();
                assertThat(ControlMessageCodec.decode(Arrays.copyOf(encoded, length), 0, length))
                        .isNull();
            }
        }
    }

    @Test
    void shouldReturnNullWhenTheRangeIsOutsideTheBuffer() {
        byte[] encoded = ControlMessageCodec.encode(new ControlMessage.PathProbe(42));

        assertThat(ControlMessageCodec.decode(encoded, -1, encoded.length)).isNull();
        assertThat(ControlMessageCodec.decode(encoded, 1, encoded.length)).isNull();
        assertThat(ControlMessageCodec.decode(encoded, 0, -1)).isNull();
        assertThat(ControlMessageCodec.decode(encoded, Integer.MAX_VALUE, Integer.MAX_VALUE))
                .isNull();
    }

    @Test
    void shouldReturnNullForUnknownTemplatesSchemasAndStatuses() {
        byte[] encoded = ControlMessageCodec.encode(new ControlMessage.TunnelClose(Status.OK));

        for (int position : new int[] {2, 3, 4, 5, 8}) {
            byte[] changed = encoded.clone();
            changed[position] = (byte) 200;
            assertThat(ControlMessageCodec.decode(changed, 0, changed.length))
                    .as("byte %d", position)
                    .isNull();
        }
    }

    @Test
    void shouldReturnNullWhenAnAddressIsOfTheWrongFamily() throws UnknownHostException {
        ControlMessage message =
                new ControlMessage.EnrolResponse(
                        Status.OK, 0, Id128.NONE, null, 24, null, 64, "", "", new byte[0]);
        byte[] encoded = ControlMessageCodec.encode(message);
        int virtualIpv4 = 8 + 8 + 16;
        encoded[virtualIpv4] = (byte) 0xFD;

        assertThat(ControlMessageCodec.decode(encoded, 0, encoded.length)).isNull();
    }

    @Test
    void shouldLeaveOutACandidateOfAKindItDoesNotKnow() {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 7447);
        byte[] encoded =
                ControlMessageCodec.encode(
                        new ControlMessage.RegistrationRequest(
                                1,
                                List.of(
                                        new Candidate(address, CandidateKind.STUN),
                                        new Candidate(address, CandidateKind.LOCAL))));
        int firstKind = 8 + 8 + 18 + 8 + 3 + 18;
        encoded[firstKind] = 77;

        assertThat(ControlMessageCodec.decode(encoded, 0, encoded.length))
                .isEqualTo(
                        new ControlMessage.RegistrationRequest(
                                1, List.of(new Candidate(address, CandidateKind.LOCAL))));
    }

    @Test
    void shouldSkipFieldsThatALaterVersionAdded() {
        byte[] encoded = ControlMessageCodec.encode(new ControlMessage.KeepAlive(5));
        byte[] longer = Arrays.copyOf(encoded, encoded.length + 4);
        longer[1] = (byte) (longer[1] + 4);
        longer[7] = 77;

        assertThat(ControlMessageCodec.decode(longer, 0, longer.length))
                .isEqualTo(new ControlMessage.KeepAlive(5));
    }

    @Test
    void shouldReadMessagesOfVersionOneAsMessagesWithoutWhatVersionTwoAdded() {
        ControlMessage.RegistrationResponse message =
                new ControlMessage.RegistrationResponse(1, Status.OK, null, 5, 0);
        byte[] encoded = ControlMessageCodec.encode(message);
        byte[] older = Arrays.copyOf(encoded, encoded.length - 8);
        older[1] -= 8;
        assertThat(ControlMessageCodec.decode(older, 0, older.length)).isNull();
        older[7] = 1;

        assertThat(ControlMessageCodec.decode(older, 0, older.length)).isEqualTo(message);
    }

    @Test
    void shouldReadMessagesOfVersionZeroAsMessagesWithoutWhatVersionOneAdded() {
        ControlMessage.LoginResponse login =
                new ControlMessage.LoginResponse(
                        Status.OK,
                        1,
                        Id128.NONE,
                        2,
                        3,
                        4,
                        15,
                        List.of(),
                        new byte[32],
                        new byte[5]);

        for (ControlMessage message :
                List.of(login, new ControlMessage.RegistrationRequest(1, List.of()))) {
            byte[] encoded = ControlMessageCodec.encode(message);
            byte[] older = Arrays.copyOf(encoded, encoded.length - 2);
            assertThat(ControlMessageCodec.decode(older, 0, older.length)).isNull();
            older[7] = 0;

            assertThat(ControlMessageCodec.decode(older, 0, older.length))
                    .usingRecursiveComparison()
                    .isEqualTo(message);
        }
    }

    @Test
    void shouldRefuseToEncodeWhatIsOverALimit() {
        assertThatThrownBy(
                        () ->
                                ControlMessageCodec.encode(
                                        new ControlMessage.LoginRequest(0, new byte[4097])))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("4097");
        assertThatThrownBy(
                        () ->
                                ControlMessageCodec.encode(
                                        new ControlMessage.RevocationNotice(
                                                0, 0, Collections.nCopies(33, Id128.NONE))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("33");
        assertThatThrownBy(
                        () ->
                                ControlMessageCodec.encode(
                                        new ControlMessage.DirectionRequest(0, "zwölf", null)))
                .isInstanceOf(IllegalArgumentException.class);
        InetSocketAddress unresolved = InetSocketAddress.createUnresolved("a.test", 1);
        assertThatThrownBy(
                        () ->
                                ControlMessageCodec.encode(
                                        new ControlMessage.PathProbeAck(0, unresolved)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldSurviveAnyBytes() {
        for (int i = 0; i < 4000; i++) {
            for (ControlMessage message : messages.oneOfEach()) {
                byte[] bytes = ControlMessageCodec.encode(message);
                for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
                    // Most of the structure is at the front.
                    int bound = random.nextBoolean() ? Math.min(bytes.length, 90) : bytes.length;
                    bytes[random.nextInt(bound)] = (byte) random.nextInt();
                }
                int length =
                        random.nextInt(4) == 0 ? random.nextInt(bytes.length + 1) : bytes.length;
                assertNullOrEncodable(bytes, length);
            }
        }
        byte[] noise = new byte[200];
        for (int i = 0; i < 150_000; i++) {
            random.nextBytes(noise);
            // A known template, so that the noise reaches the fields.
            noise[0] = 0;
            noise[1] = (byte) random.nextInt(80);
            noise[2] = 0;
            noise[3] = (byte) random.nextInt(45);
            noise[4] = 0;
            noise[5] = 1;
            noise[6] = 0;
            noise[7] = (byte) random.nextInt(3);
            assertNullOrEncodable(noise, random.nextInt(noise.length + 1));
        }
    }

    private void assertNullOrEncodable(byte[] bytes, int length) {
        ControlMessage message;
        try {
            message = ControlMessageCodec.decode(bytes, 0, length);
        } catch (RuntimeException e) {
            throw new AssertionError("seed " + seed + ", bytes " + Arrays.toString(bytes), e);
        }
        if (message != null && random.nextInt(16) == 0) {
            assertThat(ControlMessageCodec.encode(message)).as("seed %d", seed).isNotEmpty();
        }
    }
}
