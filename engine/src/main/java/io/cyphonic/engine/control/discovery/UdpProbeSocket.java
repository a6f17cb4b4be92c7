package io.cyphonic.engine.control.discovery;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/** A socket of the host. */
public final class UdpProbeSocket implements ProbeSocket {
    private static final int MAX_DATAGRAM = 1500;

    private final DatagramSocket socket;

    private UdpProbeSocket(DatagramSocket socket) {
        this.socket = socket;
    }

    /** Binds any free port. */
    public static UdpProbeSocket open(boolean ipv4) throws IOException {
        return new UdpProbeSocket(
                new DatagramSocket(
                        new InetSocketAddress(InetAddress.ofLiteral(ipv4 ? "0.0.0.0" : "::"), 0)));
    }

    @Override
    public int localPort() {
        return socket.getLocalPort();
    }

    @Override
    public void send(byte[] datagram, InetSocketAddress to) {
        try {
            socket.send(new DatagramPacket(datagram, datagram.length, to));
        } catch (IOException | IllegalArgumentException _) {
            // No route, or a firewall of this host: it counts as lost.
        }
    }

    @Override
    public Received receive(long waitNanos) {
        DatagramPacket packet = new DatagramPacket(new byte[MAX_DATAGRAM], MAX_DATAGRAM);
        try {
            socket.setSoTimeout((int) Math.max(1, TimeUnit.NANOSECONDS.toMillis(waitNanos)));
            socket.receive(packet);
            return new Received(
                    Arrays.copyOf(packet.getData(), packet.getLength()),
                    (InetSocketAddress) packet.getSocketAddress());
        } catch (IOException _) {
            return null;
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
