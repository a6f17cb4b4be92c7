package io.cyphonic.signaling.os;

import static org.assertj.core.api.Assertions.assertThat;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.cyphonic.signaling.net.TunDevice;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Queues are socket pairs here: one packet per read, as with a device. */
class TunQueuesTest {
    private static final int BULK = Turns.BYTES;

    private final ErrnoCapture errno = new ErrnoCapture();
    private final MemorySegment memory = OffHeap.zeros(65_536);
    private final int[] hostEnds = new int[3];
    private TunQueues queues;

    @BeforeEach
    void open() {
        int[] deviceEnds = new int[hostEnds.length];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pair = arena.allocate(JAVA_INT, 2);
            for (int queue = 0; queue < hostEnds.length; queue++) {
                int type = NativeLayouts.SOCK_DGRAM | NativeLayouts.O_NONBLOCK;
                assertThat(LibC.socketPair(errno, NativeLayouts.AF_UNIX, type, pair)).isZero();
                hostEnds[queue] = pair.getAtIndex(JAVA_INT, 0);
                deviceEnds[queue] = pair.getAtIndex(JAVA_INT, 1);
            }
        }
        queues = new TunQueues(deviceEnds);
    }

    @AfterEach
    void close() {
        queues.close();
        for (int end : hostEnds) {
            LibC.close(errno, end);
        }
    }

    @Test
    void shouldReadAPacketOfAnotherQueueAfterOneTurnOfBulk() {
        for (int i = 0; i < 3; i++) {
            hand(0, BULK);
        }
        hand(2, 84);

        assertThat(readLengths(4)).containsExactly(BULK, 84, BULK, BULK);
        assertThat(read()).isEqualTo(TunDevice.WOULD_BLOCK);
    }

    @Test
    void shouldStayWithAQueueWhileItGivesLessThanATurn() {
        for (int i = 0; i < 5; i++) {
            hand(0, 100 + i);
        }
        hand(1, 84);

        assertThat(readLengths(6)).containsExactly(100, 101, 102, 103, 104, 84);
    }

    @Test
    void shouldEndATurnOfTinyPacketsToo() {
        int handed = 0;
        int before = -1;
        int read = 0;
        hand(0, 1);
        hand(1, 2);
        while (before < 0) {
            // As many stay in the first queue as fit, whatever the kernel's limit is.
            hand(0, 1);
            handed++;
            if (read() == 2) {
                before = read;
            }
            read++;
            assertThat(handed).isLessThan(1_000);
        }

        assertThat(before).isEqualTo(128);
    }

    @Test
    void shouldBlockOnlyWhenEveryQueueIsEmpty() {
        assertThat(read()).isEqualTo(TunDevice.WOULD_BLOCK);
        for (int queue = hostEnds.length - 1; queue >= 0; queue--) {
            hand(queue, 10 + queue);
            assertThat(read()).isEqualTo(10 + queue);
            assertThat(read()).isEqualTo(TunDevice.WOULD_BLOCK);
        }
    }

    @Test
    void shouldReadWhatSomebodyFoundReady() {
        hand(0, 10);
        hand(2, 12);

        queues.foundReady(1 << 2);

        assertThat(readLengths(3)).containsExactly(12, TunDevice.WOULD_BLOCK, 10);
    }

    @Test
    void shouldLookItselfWhenWhatWasFoundIsGone() {
        hand(1, 11);

        queues.foundReady(1 << 2);

        assertThat(readLengths(3)).containsExactly(TunDevice.WOULD_BLOCK, 11, 0);
    }

    @Test
    void shouldHaveNoDescriptorsOnceClosed() {
        queues.close();
        queues.close();

        assertThat(queues.descriptor(0)).isEqualTo(-1);
        assertThat(queues.descriptor(2)).isEqualTo(-1);
    }

    private void hand(int queue, int length) {
        memory.set(JAVA_BYTE, 0, (byte) queue);
        assertThat(LibC.write(errno, hostEnds[queue], memory, 0, length)).isEqualTo(length);
    }

    private int read() {
        return queues.read(memory, 0, (int) memory.byteSize());
    }

    private int[] readLengths(int count) {
        int[] lengths = new int[count];
        for (int i = 0; i < count; i++) {
            lengths[i] = read();
        }
        return lengths;
    }
}
