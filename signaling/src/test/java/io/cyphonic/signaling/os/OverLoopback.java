package io.cyphonic.signaling.os;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.net.UdpTransport;

import org.junit.jupiter.api.AfterEach;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Tests with UDP transports that send to each other over the loopback interface. */
abstract class OverLoopback {
    private static final int DEADLINE_MS = 5_000;

    private final List<LinuxUdpTransport> open = new ArrayList<>();

    /** What the last receive brought. */
    final ReceivedDatagrams received = new ReceivedDatagrams();

    OverLoopback() {
        received.buffer = new byte[65_535];
    }

    @AfterEach
    void close() {
        open.forEach(LinuxUdpTransport::close);
    }

    LinuxUdpTransport open(UdpOptions options) throws NativeException {
        LinuxUdpTransport transport = LinuxUdpTransport.open(options);
        open.add(transport);
        return transport;
    }

    static Endpoint endpoint(String host, UdpTransport transport) throws Exception {
        return Endpoint.of(
                new InetSocketAddress(InetAddress.getByName(host), transport.localPort()));
    }

    static void awaitReadable(LinuxUdpTransport transport) throws Exception {
        try (LinuxReadiness readiness = LinuxReadiness.forUdp(transport)) {
            assertThat(readiness.await(DEADLINE_MS)).isEqualTo(LinuxReadiness.UDP);
        }
    }

    /** The next datagrams, in the order of their receipt, apart. */
    List<byte[]> receive(LinuxUdpTransport transport, int count) throws Exception {
        List<byte[]> datagrams = new ArrayList<>();
        while (datagrams.size() < count) {
            int length = transport.receive(received);
            assertThat(length).isNotNegative();
            if (length == UdpTransport.WOULD_BLOCK) {
                awaitReadable(transport);
                continue;
            }
            for (int at = 0; at < length; at += received.segmentLength) {
                int end = Math.min(at + received.segmentLength, length);
                datagrams.add(Arrays.copyOfRange(received.buffer, at, end));
            }
        }
        return datagrams;
    }
}
