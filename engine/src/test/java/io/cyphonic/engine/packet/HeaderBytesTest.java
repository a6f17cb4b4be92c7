package io.cyphonic.engine.packet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;

class HeaderBytesTest {
    private static final int LONGEST = 150;

    private final byte[] array = new byte[LONGEST + 2 * HeaderBytes.BLOCK];

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @Test
    void shouldReadTheFirstBytesWhateverTheirNumber() {
        byte[] packet = random(400);
        MemorySegment memory = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_BYTE, packet);

        for (int length = 0; length <= LONGEST; length++) {
            Arrays.fill(array, (byte) 0);
            HeaderBytes.read(memory, 3, array, 5, length);

            assertThat(Arrays.equals(array, 5, 5 + length, packet, 3, 3 + length))
                    .as("%d bytes", length)
                    .isTrue();
            assertThat(Arrays.copyOf(array, 5)).containsOnly(0);
        }
    }

    @Test
    void shouldReadNoFurtherThanTheMemoryWhenThePacketIsAtItsEnd() {
        for (int length = 0; length <= LONGEST; length++) {
            byte[] packet = random(7 + length);
            MemorySegment memory = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_BYTE, packet);

            HeaderBytes.read(memory, 7, array, 0, length);

            assertThat(Arrays.equals(array, 0, length, packet, 7, 7 + length))
                    .as("%d bytes", length)
                    .isTrue();
        }
    }

    @Test
    void shouldReadNothingWhenThereIsNothing() {
        HeaderBytes.read(Arena.ofAuto().allocate(200), 0, array, 0, -1);

        assertThat(array).containsOnly(0);
    }

    @Test
    void shouldWriteSoManyBytesAndNoMore() {
        byte[] header = random(LONGEST + 10);

        for (int length = 0; length <= LONGEST; length++) {
            MemorySegment memory = Arena.ofAuto().allocate(LONGEST + 20);
            HeaderBytes.write(header, 4, memory, 9, length);

            byte[] expected = new byte[LONGEST + 20];
            System.arraycopy(header, 4, expected, 9, length);
            assertThat(memory.toArray(ValueLayout.JAVA_BYTE))
                    .as("%d bytes", length)
                    .isEqualTo(expected);
        }
    }
}
