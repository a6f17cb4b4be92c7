package io.cyphonic.signaling.os;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.Readiness;
import io.cyphonic.signaling.net.ReceivedDatagrams;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.net.InetSocketAddress;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

@Timeout(30)
class LinuxReadinessTest {
    @Test
    void shouldReportUdpUntilEverythingIsReceived() throws Exception {
        try (LinuxUdpTransport udp = LinuxUdpTransport.open(UdpOptions.ofPort(0));
                LinuxReadiness readiness = LinuxReadiness.forUdp(udp)) {
            ReceivedDatagrams into = new ReceivedDatagrams();
            into.buffer = new byte[65_535];
            Endpoint self = Endpoint.of(new InetSocketAddress("127.0.0.1", udp.localPort()));
            assertThat(readiness.await(0)).isZero();

            udp.send(OffHeap.copy(new byte[] {1}), 0, 1, 1, self);

            assertThat(readiness.await(-1)).isEqualTo(Readiness.UDP);
            assertThat(readiness.await(-1)).isEqualTo(Readiness.UDP);
            assertThat(udp.receive(into)).isEqualTo(1);
            assertThat(readiness.await(0)).isZero();
        }
    }

    @Test
    void shouldNotSeeASourceWhenItIsNotAskedFor() throws Exception {
        try (LinuxUdpTransport udp = LinuxUdpTransport.open(UdpOptions.ofPort(0));
                LinuxReadiness readiness = LinuxReadiness.forUdp(udp)) {
            Endpoint self = Endpoint.of(new InetSocketAddress("127.0.0.1", udp.localPort()));
            udp.send(OffHeap.copy(new byte[] {1}), 0, 1, 1, self);
            assertThat(readiness.await(Readiness.UDP, -1)).isEqualTo(Readiness.UDP);

            assertThat(readiness.await(0, 0)).isZero();
            readiness.wake();
            assertThat(readiness.await(0, -1)).isEqualTo(Readiness.WOKEN);
            assertThat(readiness.await(Readiness.UDP, -1)).isEqualTo(Readiness.UDP);
        }
    }

    @Test
    void shouldReportOneWakeUpWhenWokenSeveralTimesBefore() throws Exception {
        try (LinuxUdpTransport udp = LinuxUdpTransport.open(UdpOptions.ofPort(0));
                LinuxReadiness readiness = LinuxReadiness.forUdp(udp)) {
            readiness.wake();
            readiness.wake();

            assertThat(readiness.await(-1)).isEqualTo(Readiness.WOKEN);
            assertThat(readiness.await(0)).isZero();
            readiness.wake();
            assertThat(readiness.await(-1)).isEqualTo(Readiness.WOKEN);
        }
    }

    @Test
    void shouldNeverLoseAWakeUpWhenOtherThreadsWakeWhileItWaits() throws Exception {
        int rounds = 5_000;
        try (LinuxUdpTransport udp = LinuxUdpTransport.open(UdpOptions.ofPort(0));
                LinuxReadiness readiness = LinuxReadiness.forUdp(udp)) {
            int[] published = new int[1];
            CountDownLatch started = new CountDownLatch(1);
            FutureTask<Boolean> waker =
                    new FutureTask<>(
                            () -> {
                                started.countDown();
                                for (int i = 1; i <= rounds; i++) {
                                    published[0] = i;
                                    readiness.wake();
                                }
                                return true;
                            });
            Thread thread = Thread.ofPlatform().start(waker);
            started.await();

            // A lost wake-up would leave this thread asleep for ever: the test would time out.
            while (published[0] < rounds) {
                assertThat(readiness.await(-1)).isEqualTo(Readiness.WOKEN);
            }

            assertThat(waker.get(10, TimeUnit.SECONDS)).isTrue();
            thread.join();
        }
    }

    @Test
    void shouldIgnoreAWakeUpWhenClosed() throws Exception {
        try (LinuxUdpTransport udp = LinuxUdpTransport.open(UdpOptions.ofPort(0))) {
            LinuxReadiness readiness = LinuxReadiness.forUdp(udp);

            readiness.close();
            readiness.close();
            readiness.wake();

            assertThat(readiness.await(0)).isZero();
        }
    }
}
