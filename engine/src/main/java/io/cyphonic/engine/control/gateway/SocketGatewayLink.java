package io.cyphonic.engine.control.gateway;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.MulticastSocket;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Talks to the gateway from sockets bound to this host's address on the gateway's interface, each
 * made for one exchange. Those of UDP are connected to the gateway, so the kernel keeps away
 * everybody else.
 */
final class SocketGatewayLink implements GatewayLink {
    private static final InetAddress SSDP_GROUP = InetAddress.ofLiteral("239.255.255.250");
    private static final int SSDP_PORT = 1900;
    private static final int SSDP_TTL = 2;
    private static final int SEARCHES = 2;
    private static final int SEARCH_WAIT_MILLIS = 1300;
    private static final int FIRST_WAIT_MILLIS = 250;
    private static final int MAX_DATAGRAM = 2048;
    private static final int CONNECT_MILLIS = 1000;
    private static final int EXCHANGE_MILLIS = 3000;

    private final GatewayRoute route;

    SocketGatewayLink(GatewayRoute route) {
        this.route = route;
    }

    @Override
    public GatewayRoute route() {
        return route;
    }

    @Override
    public <T> T ask(byte[] request, int port, int tries, Function<byte[], T> reader)
            throws IOException {
        try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(route.own(), 0))) {
            socket.connect(new InetSocketAddress(route.gateway(), port));
            for (int i = 0; i < tries; i++) {
                socket.send(new DatagramPacket(request, request.length));
                T answer = await(socket, FIRST_WAIT_MILLIS << i, reader, null);
                if (answer != null) {
                    return answer;
                }
            }
            return null;
        }
    }

    @Override
    public <T> T search(byte[] request, Function<byte[], T> reader) throws IOException {
        NetworkInterface device = NetworkInterface.getByName(route.interfaceName());
        if (device == null) {
            throw new IOException("interface " + route.interfaceName() + " is gone");
        }
        try (MulticastSocket socket = new MulticastSocket(new InetSocketAddress(route.own(), 0))) {
            socket.setNetworkInterface(device);
            socket.setTimeToLive(SSDP_TTL);
            socket.setOption(StandardSocketOptions.IP_MULTICAST_LOOP, false);
            for (int i = 0; i < SEARCHES; i++) {
                for (InetAddress target : new InetAddress[] {SSDP_GROUP, route.gateway()}) {
                    socket.send(new DatagramPacket(request, request.length, target, SSDP_PORT));
                }
                T answer = await(socket, SEARCH_WAIT_MILLIS, reader, route.gateway());
                if (answer != null) {
                    return answer;
                }
            }
            return null;
        }
    }

    /**
     * Reads until an answer is accepted or the time is over.
     *
     * @param sender who counts; {@code null} if the socket sees to that
     */
    private static <T> T await(
            DatagramSocket socket, int millis, Function<byte[], T> reader, InetAddress sender)
            throws IOException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        DatagramPacket packet = new DatagramPacket(new byte[MAX_DATAGRAM], MAX_DATAGRAM);
        while (true) {
            int left = (int) TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (left <= 0) {
                return null;
            }
            socket.setSoTimeout(left);
            packet.setLength(MAX_DATAGRAM);
            try {
                socket.receive(packet);
            } catch (SocketTimeoutException _) {
                return null;
            }
            T answer =
                    sender == null || sender.equals(packet.getAddress())
                            ? reader.apply(Arrays.copyOf(packet.getData(), packet.getLength()))
                            : null;
            if (answer != null) {
                return answer;
            }
        }
    }

    @Override
    public HttpText exchange(InetSocketAddress server, byte[] request) throws IOException {
        if (!server.getAddress().equals(route.gateway())) {
            throw new IOException("not the gateway: " + server);
        }
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(EXCHANGE_MILLIS);
        try (Socket socket = new Socket()) {
            socket.bind(new InetSocketAddress(route.own(), 0));
            socket.connect(server, CONNECT_MILLIS);
            socket.getOutputStream().write(request);
            InputStream in = socket.getInputStream();
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            byte[] part = new byte[4096];
            while (all.size() <= HttpText.MAX_LENGTH) {
                int left = (int) TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                if (left <= 0) {
                    return null;
                }
                socket.setSoTimeout(left);
                int count = in.read(part);
                all.write(part, 0, Math.max(0, count));
                HttpText response = HttpText.parse(all.toByteArray(), count < 0);
                if (response != null || count < 0) {
                    return response;
                }
            }
            return null;
        } catch (SocketTimeoutException _) {
            return null;
        }
    }
}
