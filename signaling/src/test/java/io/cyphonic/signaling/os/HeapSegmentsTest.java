package io.cyphonic.signaling.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

class HeapSegmentsTest {
    private final HeapSegments segments = new HeapSegments();

    @Test
    void shouldBeginWithTheBytesWhenArraysOffsetsAndLengthsVary() {
        Random random = new Random(1);
        MemorySegment[] arrays = new MemorySegment[700];
        for (int i = 0; i < arrays.length; i++) {
            byte[] array = new byte[4_000];
            random.nextBytes(array);
            arrays[i] = MemorySegment.ofArray(array);
        }

        for (int i = 0; i < 20_000; i++) {
            MemorySegment array = arrays[random.nextInt(arrays.length)];
            int offset = random.nextInt(16);
            int length = 1 + random.nextInt(3_900);
            MemorySegment outgoing = segments.outgoing(array, offset, length);
            MemorySegment expected = array.asSlice(offset, length);
            assertThat(outgoing.asSlice(0, length).mismatch(expected)).isEqualTo(-1);
        }
    }

    @Test
    void shouldKeepTheSegmentWhenArraysAreUsedAgainAndAgain() {
        MemorySegment[] ring = new MemorySegment[1_024];
        MemorySegment[] first = new MemorySegment[ring.length];
        for (int i = 0; i < ring.length; i++) {
            ring[i] = MemorySegment.ofArray(new byte[3_000]);
            first[i] = segments.outgoing(ring[i], 16, 2_900);
        }

        int kept = 0;
        for (int i = 0; i < ring.length; i++) {
            kept += segments.outgoing(ring[i], 16, 2_900) == first[i] ? 1 : 0;
        }

        // Identity hashes are random: a crowded place may give one up now and then.
        assertThat(kept).isGreaterThan(ring.length * 95 / 100);
    }

    @Test
    void shouldSayWhatTheArraySaysNowWhenItHasChanged() {
        MemorySegment array = MemorySegment.ofArray(new byte[3_000]);
        MemorySegment before = segments.outgoing(array, 10, 2_990);

        array.set(ValueLayout.JAVA_BYTE, 10, (byte) 7);

        assertThat(before.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 7);
        assertThat(segments.outgoing(array, 10, 20).get(ValueLayout.JAVA_BYTE, 0))
                .isEqualTo((byte) 7);
    }

    @Test
    void shouldRefuseWhenThePieceIsNotInTheArray() {
        MemorySegment array = MemorySegment.ofArray(new byte[3_000]);
        segments.outgoing(array, 100, 2_900);

        assertThatThrownBy(() -> segments.outgoing(array, 100, 2_901))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> segments.outgoing(array, -1, 10))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }
}
