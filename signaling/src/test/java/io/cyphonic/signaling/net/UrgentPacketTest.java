package io.cyphonic.signaling.net;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Headers of which only version, mark and protocol are filled in. */
class UrgentPacketTest {
    @ParameterizedTest
    @CsvSource({
        "1, 0, true",
        "6, 0, false",
        "17, 0, false",
        "58, 0, false",
        "6, 18, true",
        "17, 46, true",
        "17, 44, true",
        "17, 48, true",
        "17, 8, false",
        "6, 10, false",
        "6, 34, false",
        "17, 63, false"
    })
    void shouldKnowIpv4ByProtocolAndMark(int protocol, int mark, boolean urgent) {
        for (int congestion = 0; congestion < 4; congestion++) {
            byte[] header = new byte[25];
            header[5] = 0x45;
            header[6] = (byte) (mark << 2 | congestion);
            header[14] = (byte) protocol;

            assertThat(UrgentPacket.is(header, 5)).isEqualTo(urgent);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "58, 0, true",
        "1, 0, false",
        "6, 0, false",
        "44, 0, false",
        "6, 18, true",
        "17, 46, true",
        "17, 44, true",
        "17, 48, true",
        "17, 8, false",
        "6, 34, false",
        "6, 63, false"
    })
    void shouldKnowIpv6ByNextHeaderAndMark(int nextHeader, int mark, boolean urgent) {
        for (int congestion = 0; congestion < 4; congestion++) {
            byte[] header = new byte[45];
            int first = 0x6 << 28 | (mark << 2 | congestion) << 20 | 0xF_FFFF;
            header[5] = (byte) (first >>> 24);
            header[6] = (byte) (first >>> 16);
            header[7] = (byte) (first >>> 8);
            header[8] = (byte) first;
            header[11] = (byte) nextHeader;

            assertThat(UrgentPacket.is(header, 5)).isEqualTo(urgent);
        }
    }
}
