package io.cyphonic.signaling.os;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

class NetlinkEventsTest {
    private static final int OURS = 7;
    private static final int OTHER = 2;

    private static ByteBuffer message(int type, int length) {
        ByteBuffer message = ByteBuffer.allocate(length).order(ByteOrder.nativeOrder());
        return message.putInt(0, length).putShort(4, (short) type);
    }

    private static int address(int index) {
        byte[] bytes = message(20, 24).putInt(20, index).array();
        return NetlinkEvents.changes(bytes, bytes.length, OURS);
    }

    private static int route(int prefix, int table, int oif) {
        ByteBuffer message = message(24, 36);
        message.put(17, (byte) prefix).put(20, (byte) table).put(23, (byte) 1);
        message.putShort(28, (short) 8).putShort(30, (short) 4).putInt(32, oif);
        return NetlinkEvents.changes(message.array(), 36, OURS);
    }

    @Test
    void shouldTellChangesOfAddressesButNotThoseOfTheOverlay() {
        assertThat(address(OTHER)).isEqualTo(NetlinkEvents.ADDRESSES);
        assertThat(address(OURS)).isEqualTo(NetlinkEvents.NONE);
    }

    @Test
    void shouldTellDefaultRoutesOfTheMainTableOnly() {
        assertThat(route(0, 254, OTHER)).isEqualTo(NetlinkEvents.ROUTES);
        assertThat(route(1, 254, OTHER)).isEqualTo(NetlinkEvents.ROUTES);
        assertThat(route(24, 254, OTHER)).isEqualTo(NetlinkEvents.NONE);
        assertThat(route(0, 255, OTHER)).isEqualTo(NetlinkEvents.NONE);
        assertThat(route(0, 254, OURS)).isEqualTo(NetlinkEvents.NONE);
    }

    @Test
    void shouldTakeAnyBytes() {
        Random random = new Random(9);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(120)];
            random.nextBytes(bytes);
            if (bytes.length >= 6 && random.nextBoolean()) {
                ByteBuffer.wrap(bytes)
                        .order(ByteOrder.nativeOrder())
                        .putInt(0, random.nextInt(bytes.length + 4))
                        .putShort(4, (short) (16 + random.nextInt(10)));
            }
            assertThat(NetlinkEvents.changes(bytes, bytes.length, OURS)).isBetween(0, 3);
        }
    }
}
