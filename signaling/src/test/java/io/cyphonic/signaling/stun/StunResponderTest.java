package io.cyphonic.signaling.stun;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Random;

class StunResponderTest {
    private static final StunTransactionId ID = new StunTransactionId(1, 2);
    private static final InetSocketAddress CLIENT = address("198.51.100.1", 4000);
    private static final InetSocketAddress A1 = address("192.0.2.1", 7447);
    private static final InetSocketAddress A2 = address("192.0.2.1", 7449);
    private static final InetSocketAddress B1 = address("192.0.2.2", 7447);
    private static final InetSocketAddress B2 = address("192.0.2.2", 7449);
    private static final InetSocketAddress SIX = address("2001:db8::1", 7447);

    private static final Map<InetSocketAddress, StunOrigins> TWO_ADDRESSES =
            StunOrigins.of(List.of(A1, B1, SIX), List.of(A2, B2));
    private static final Map<InetSocketAddress, StunOrigins> ONE_ADDRESS =
            StunOrigins.of(List.of(A1), List.of(A2));

    private static InetSocketAddress address(String host, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(host), port);
    }

    private static StunReply ask(int change, StunOrigins origins) {
        byte[] request = StunCodec.encode(StunMessage.request(ID, change, false));
        return StunResponder.answer(request, request.length, CLIENT, origins);
    }

    private static StunMessage read(StunReply reply) {
        return StunCodec.decode(reply.datagram(), reply.datagram().length);
    }

    @Test
    void shouldTellTheSourceAndNoMoreWhenAlone() {
        StunReply reply = ask(StunMessage.ABSENT, StunOrigins.alone(A1));

        assertThat(reply.from()).isEqualTo(A1);
        assertThat(reply.to()).isEqualTo(CLIENT);
        assertThat(reply.datagram()).hasSize(32);
        assertThat(read(reply).mapped()).isEqualTo(CLIENT);
        assertThat(read(reply).id()).isEqualTo(ID);
    }

    @Test
    void shouldNameTheOtherAddressWhenThereAreTwo() {
        StunMessage answer = read(ask(StunMessage.ABSENT, TWO_ADDRESSES.get(A1)));

        assertThat(answer.origin()).isEqualTo(A1);
        assertThat(answer.other()).isEqualTo(B2);
    }

    @Test
    void shouldAnswerFromTheSocketThatWasAskedFor() {
        StunOrigins origins = TWO_ADDRESSES.get(A1);

        assertThat(ask(StunMessage.CHANGE_PORT, origins).from()).isEqualTo(A2);
        assertThat(ask(StunMessage.CHANGE_ADDRESS, origins).from()).isEqualTo(B1);
        assertThat(ask(6, origins).from()).isEqualTo(B2);
        assertThat(read(ask(6, origins)).origin()).isEqualTo(B2);
        assertThat(ask(6, TWO_ADDRESSES.get(B2)).from()).isEqualTo(A1);
    }

    @Test
    void shouldNotClaimASecondAddressItDoesNotHave() {
        assertThat(read(ask(StunMessage.ABSENT, ONE_ADDRESS.get(A1))).other()).isNull();
        assertThat(ask(StunMessage.CHANGE_PORT, ONE_ADDRESS.get(A1)).from()).isEqualTo(A2);

        StunReply refused = ask(StunMessage.CHANGE_ADDRESS, ONE_ADDRESS.get(A1));

        assertThat(refused.from()).isEqualTo(A1);
        assertThat(read(refused).errorCode()).isEqualTo(420);
        assertThat(read(refused).unknown()).containsExactly(0x0003);
    }

    @Test
    void shouldTellTheSecondPortOnlyWhenAsked() {
        byte[] request = StunCodec.encode(StunMessage.request(ID, StunMessage.ABSENT, true));
        StunReply reply =
                StunResponder.answer(request, request.length, CLIENT, ONE_ADDRESS.get(A1));

        assertThat(read(reply).alternatePort()).isEqualTo(7449);
        assertThat(read(ask(StunMessage.ABSENT, ONE_ADDRESS.get(A1))).alternatePort()).isNegative();
    }

    @Test
    void shouldComplainWhenARequiredAttributeIsUnknown() {
        byte[] request = {
            0,
            1,
            0,
            8,
            0x21,
            0x12,
            (byte) 0xA4,
            0x42,
            0,
            0,
            0,
            1,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            2,
            0,
            0x26,
            0,
            4,
            0,
            0,
            0,
            0
        };

        StunReply reply =
                StunResponder.answer(request, request.length, CLIENT, TWO_ADDRESSES.get(A1));

        assertThat(read(reply).type()).isEqualTo(StunType.BINDING_ERROR);
        assertThat(read(reply).errorCode()).isEqualTo(420);
        assertThat(read(reply).unknown()).containsExactly(0x0026);
    }

    @Test
    void shouldSayNothingToAnswersAndIndications() {
        for (StunType type : List.of(StunType.BINDING_INDICATION, StunType.BINDING_SUCCESS)) {
            byte[] message =
                    StunCodec.encode(
                            new StunMessage(
                                    type, ID, CLIENT, null, null, -1, -1, 0, List.of(), false));
            assertThat(StunResponder.answer(message, message.length, CLIENT, TWO_ADDRESSES.get(A1)))
                    .isNull();
        }
    }

    @Test
    void shouldNeverSendMoreThanFourTimesWhatItGot() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        byte[] plain = StunCodec.encode(StunMessage.request(ID));
        for (int round = 0; round < 20_000; round++) {
            byte[] request = java.util.Arrays.copyOf(plain, 20 + 4 * random.nextInt(20));
            for (int i = 20; i < request.length; i++) {
                request[i] = (byte) random.nextInt(i % 4 == 2 ? 2 : 48);
            }
            request[3] = (byte) (request.length - 20);
            StunReply reply =
                    StunResponder.answer(request, request.length, CLIENT, TWO_ADDRESSES.get(A1));
            if (reply != null) {
                assertThat(reply.datagram().length)
                        .as("seed %d", seed)
                        .isLessThanOrEqualTo(4 * request.length);
            }
        }
    }
}
