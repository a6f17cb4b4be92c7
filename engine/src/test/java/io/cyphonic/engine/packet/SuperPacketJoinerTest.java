package io.cyphonic.engine.packet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.BitSet;
import java.util.Random;

class SuperPacketJoinerTest {
    private static final int PAYLOAD = 1_000;
    private static final int HEAD = 10;
    private static final int NEXT = 3;

    /** Headers, and the bytes in which neighbours may differ. */
    private enum Kind {
        IPV4_TCP(0x45, 6, 52, 2, 3, 4, 5, 10, 11, 36, 37),
        IPV4_TCP_WITHOUT_OPTIONS(0x45, 6, 40, 2, 3, 4, 5, 10, 11, 36, 37),
        IPV4_UDP(0x45, 17, 28, 2, 3, 4, 5, 10, 11, 24, 25, 26, 27),
        IPV6_TCP(0x60, 6, 72, 4, 5, 56, 57),
        IPV6_TCP_WITHOUT_OPTIONS(0x60, 6, 60, 4, 5, 56, 57),
        IPV6_UDP(0x60, 17, 48, 4, 5, 44, 45, 46, 47);

        final int version;
        final int protocol;
        final int length;
        final BitSet free = new BitSet();

        Kind(int version, int protocol, int length, int... free) {
            this.version = version;
            this.protocol = protocol;
            this.length = length;
            for (int each : free) {
                this.free.set(each);
            }
        }

        boolean isIpv4() {
            return version == 0x45;
        }

        boolean isTcp() {
            return protocol == IpPacket.TCP;
        }

        int transport() {
            return isIpv4() ? 20 : 40;
        }
    }

    private final byte[] head = new byte[200];
    private final byte[] next = new byte[200];

    private void make(Kind kind) {
        new Random(kind.ordinal()).nextBytes(head);
        head[HEAD] = (byte) kind.version;
        head[HEAD + (kind.isIpv4() ? 9 : 6)] = (byte) kind.protocol;
        System.arraycopy(head, HEAD, next, NEXT, kind.length);
        if (kind.isTcp()) {
            flags(head, HEAD, kind, 0x10);
            flags(next, NEXT, kind, 0x10);
            int sequence = 0xFFFF_FF00;
            IpPacket.INT.set(head, HEAD + kind.transport() + 4, sequence);
            IpPacket.INT.set(next, NEXT + kind.transport() + 4, sequence + PAYLOAD);
        }
    }

    private static void flags(byte[] buffer, int at, Kind kind, int flags) {
        buffer[at + kind.transport() + 13] = (byte) flags;
    }

    private boolean continues(Kind kind) {
        return SuperPacketJoiner.continues(head, HEAD, next, NEXT, kind.length, PAYLOAD, 500);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldJoinOnlyWhenAllButTheFreeFieldsAgrees(Kind kind) {
        for (int bit = 0; bit < kind.length * 8; bit++) {
            make(kind);
            assertThat(continues(kind)).isTrue();

            next[NEXT + bit / 8] ^= (byte) (1 << bit % 8);

            boolean flags = kind.isTcp() && bit / 8 == kind.transport() + 13;
            boolean lastOnly = flags && (bit % 8 == 0 || bit % 8 == 3);
            assertThat(continues(kind))
                    .as("%s, bit %d of byte %d", kind, bit % 8, bit / 8)
                    .isEqualTo(kind.free.get(bit / 8) || lastOnly);
        }
    }

    @ParameterizedTest
    @CsvSource({"0x90,0x10,true", "0x10,0x90,false", "0x18,0x10,false", "0x10,0x19,true"})
    void shouldHaveCwrOnTheFirstAndFinAndPshOnTheLastOnly(int first, int second, boolean joins) {
        make(Kind.IPV4_TCP);
        flags(head, HEAD, Kind.IPV4_TCP, first);
        flags(next, NEXT, Kind.IPV4_TCP, second);

        assertThat(continues(Kind.IPV4_TCP)).isEqualTo(joins);
    }

    @Test
    void shouldNotJoinWhatHasIpv4Options() {
        make(Kind.IPV4_TCP);
        head[HEAD] = 0x46;
        next[NEXT] = 0x46;

        assertThat(continues(Kind.IPV4_TCP)).isFalse();
    }

    @Test
    void shouldNotJoinMoreThanAPacketHolds() {
        make(Kind.IPV4_UDP);
        int room = 65_535 - Kind.IPV4_UDP.length - PAYLOAD;

        assertThat(
                        SuperPacketJoiner.continues(
                                head, HEAD, next, NEXT, Kind.IPV4_UDP.length, PAYLOAD, room))
                .isTrue();
        assertThat(
                        SuperPacketJoiner.continues(
                                head, HEAD, next, NEXT, Kind.IPV4_UDP.length, PAYLOAD, room + 1))
                .isFalse();
    }
}
