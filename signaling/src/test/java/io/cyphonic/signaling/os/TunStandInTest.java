package io.cyphonic.signaling.os;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.net.Readiness;
import io.cyphonic.signaling.net.TunDevice;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.net.NetworkInterface;
import java.util.Arrays;

class TunStandInTest {
    private static final byte[] PACKET = "a packet with its virtio header".getBytes();

    private static final int CAPACITY = 64 * 1024;

    private final byte[] buffer = new byte[CAPACITY];
    private final MemorySegment memory = OffHeap.zeros(CAPACITY);
    private TunStandIn standIn;

    @BeforeEach
    void open() throws Exception {
        standIn = TunStandIn.open(new TunOptions("standin0", 1400, true, false, false));
    }

    @AfterEach
    void close() {
        standIn.close();
    }

    @Test
    void shouldReadFromTheDeviceWhatWasHandedToIt() {
        assertThat(standIn.hand(PACKET)).isTrue();

        int length = standIn.device().read(memory, 0, CAPACITY);

        assertThat(OffHeap.bytes(memory, length)).isEqualTo(PACKET);
        assertThat(standIn.device().read(memory, 0, CAPACITY)).isEqualTo(TunDevice.WOULD_BLOCK);
    }

    @Test
    void shouldTakeWhatWasWrittenToTheDevice() {
        assertThat(standIn.await(0)).isFalse();
        assertThat(standIn.take(buffer)).isZero();

        standIn.device().write(OffHeap.copy(PACKET), 0, PACKET.length);

        assertThat(standIn.await(0)).isTrue();
        assertThat(Arrays.copyOf(buffer, standIn.take(buffer))).isEqualTo(PACKET);
    }

    @Test
    void shouldWakeWhoeverWaitsForTheDeviceWhenAPacketIsHandedToIt() throws Exception {
        try (LinuxReadiness readiness = LinuxReadiness.forTun(standIn.device())) {
            assertThat(readiness.await(0)).isZero();

            standIn.hand(PACKET);

            assertThat(readiness.await(0)).isEqualTo(Readiness.TUN);
        }
    }

    @Test
    void shouldHaveNoRoomWhenNobodyReads() {
        int handed = 0;
        while (handed < 100_000 && standIn.hand(PACKET)) {
            handed++;
        }

        assertThat(handed).isBetween(1, 99_999);
    }

    @Test
    void shouldMakeNoInterfaceAndClaimOnlyTheOffloadsAskedFor() throws Exception {
        assertThat(NetworkInterface.getByName("standin0")).isNull();
        assertThat(standIn.device().segmentationOffload()).isTrue();
        assertThat(standIn.device().udpSegmentationOffload()).isFalse();
    }

    @Test
    void shouldTakeNothingMoreWhenItIsClosed() {
        standIn.close();
        standIn.close();

        assertThat(standIn.hand(PACKET)).isFalse();
        assertThat(standIn.take(buffer)).isZero();
        assertThat(standIn.device().read(memory, 0, 1)).isEqualTo(-Errno.EBADF);
    }
}
