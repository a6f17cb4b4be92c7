package io.cyphonic.engine.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HeapSegmentsTest {
    private final HeapSegments segments = new HeapSegments();

    @Test
    void shouldBeginWithTheBytesWhenArraysOffsetsAndLengthsVary() {
        Random random = new Random(1);
        byte[][] arrays = new byte[700][];
        for (int i = 0; i < arrays.length; i++) {
            arrays[i] = new byte[4_000];
            random.nextBytes(arrays[i]);
        }

        for (int i = 0; i < 20_000; i++) {
            byte[] array = arrays[random.nextInt(arrays.length)];
            int offset = random.nextInt(16);
            int length = 1 + random.nextInt(3_900);
            MemorySegment outgoing = segments.outgoing(array, offset, length);
            MemorySegment expected = MemorySegment.ofArray(array).asSlice(offset, length);
            assertThat(outgoing.asSlice(0, length).mismatch(expected)).isEqualTo(-1);
        }
    }

    @Test
    void shouldFillTheArrayItselfWhenIncoming() {
        byte[] array = new byte[100];

        segments.incoming(array, 10, 20).set(ValueLayout.JAVA_BYTE, 0, (byte) 7);

        assertThat(array[10]).isEqualTo((byte) 7);
    }

    @Test
    void shouldRefuseWhenThePieceIsNotInTheArray() {
        byte[] array = new byte[3_000];
        segments.outgoing(array, 100, 2_900);

        assertThatThrownBy(() -> segments.outgoing(array, 100, 2_901))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> segments.incoming(array, 0, 3_001))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> segments.outgoing(array, -1, 10))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }
}
