package io.cyphonic.bench.relay;

import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.os.LinuxReadiness;
import io.cyphonic.signaling.os.LinuxUdpTransport;
import io.cyphonic.signaling.os.UdpOptions;
import io.cyphonic.signaling.protocol.DatagramType;
import io.cyphonic.signaling.protocol.RelayMessage;

import java.lang.foreign.MemorySegment;
import java.net.Inet4Address;

/**
 * The least a forwarder can do: receives as the relay does and sends on, looking at nothing. The
 * two ends make themselves known by a Bind, whose side it believes.
 */
final class BareForwarder {
    private static final int BUFFER_LENGTH = 65_535;

    private BareForwarder() {}

    static void run(Inet4Address address) throws Exception {
        LinuxUdpTransport transport = LinuxUdpTransport.open(UdpOptions.of(address, null, 0));
        LinuxReadiness readiness = LinuxReadiness.forUdp(transport);
        System.out.println("port " + transport.localPort());
        ReceivedDatagrams batch = new ReceivedDatagrams();
        batch.buffer = new byte[BUFFER_LENGTH];
        MemorySegment bytes = MemorySegment.ofArray(batch.buffer);
        Endpoint[] ends = new Endpoint[2];
        while (true) {
            int received = transport.receive(batch);
            if (received <= 0) {
                readiness.await(1000);
            } else if (batch.buffer[0] == DatagramType.RELAY_BIND) {
                bind(batch, ends);
            } else if (ends[0] != null && ends[1] != null) {
                boolean first = ends[0].matches(batch.source, 0, batch.sourceLength);
                transport.send(bytes, 0, batch.length, batch.segmentLength, ends[first ? 1 : 0]);
            }
        }
    }

    private static void bind(ReceivedDatagrams batch, Endpoint[] ends) {
        if (RelayMessage.decode(batch.buffer, batch.segmentLength)
                instanceof RelayMessage.Bind bind) {
            ends[bind.side()] = Endpoint.ofSockaddr(batch.source, 0, batch.sourceLength);
        }
    }
}
