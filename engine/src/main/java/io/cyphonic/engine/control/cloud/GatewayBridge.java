package io.cyphonic.engine.control.cloud;

import io.cyphonic.signaling.credential.DatagramConnection;
import io.cyphonic.signaling.protocol.DatagramStream;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.util.concurrent.TimeUnit;

/**
 * One loopback socket and the connection it stands for. A thread carries datagrams out, and makes
 * the connection anew when it breaks; another, for each connection, carries them in.
 */
final class GatewayBridge implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(GatewayBridge.class);
    private static final int BUFFER_BYTES = 1 << 20;
    private static final int LOOK_MILLIS = 1_000;
    private static final long FIRST_WAIT_MILLIS = 250;
    private static final long LONGEST_WAIT_MILLIS = 15_000;

    /** Nobody asked for the bridge for so long: it is closed. */
    private static final long UNUSED_NANOS = TimeUnit.MINUTES.toNanos(3);

    /** We sent, and nothing has come for so long: the connection is dead. */
    private static final long SILENT_NANOS = TimeUnit.SECONDS.toNanos(40);

    private final InetSocketAddress gateway;
    private final DatagramSocket socket;
    private final GatewayBridges.Gateways gateways;
    private volatile DatagramConnection connection;
    private volatile boolean closed;
    private volatile long wantedNanos = System.nanoTime();
    private volatile long heardNanos;

    private GatewayBridge(
            InetSocketAddress gateway, DatagramSocket socket, GatewayBridges.Gateways gateways) {
        this.gateway = gateway;
        this.socket = socket;
        this.gateways = gateways;
    }

    /**
     * Opens the loopback socket and begins to connect.
     *
     * @param node the only source whose datagrams are taken, and where all go that come in
     */
    static GatewayBridge start(
            InetSocketAddress gateway, InetSocketAddress node, GatewayBridges.Gateways gateways)
            throws IOException {
        DatagramSocket socket =
                new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        try {
            socket.connect(node);
            socket.setReceiveBufferSize(BUFFER_BYTES);
            socket.setSoTimeout(LOOK_MILLIS);
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
        GatewayBridge bridge = new GatewayBridge(gateway, socket, gateways);
        Thread.ofVirtual().name("cy-bridge-out").start(bridge::run);
        return bridge;
    }

    /** Where to send datagrams; {@code null} while there is no connection. */
    InetSocketAddress address() {
        wantedNanos = System.nanoTime();
        return connection == null ? null : (InetSocketAddress) socket.getLocalSocketAddress();
    }

    boolean isClosed() {
        return closed;
    }

    private void run() {
        long wait = FIRST_WAIT_MILLIS;
        boolean told = false;
        try {
            while (!closed && isWanted()) {
                try (DatagramConnection opened = gateways.open(gateway)) {
                    LOG.info("UDP does not get out: going through TLS to {}", gateway);
                    wait = FIRST_WAIT_MILLIS;
                    told = false;
                    heardNanos = System.nanoTime();
                    connection = opened;
                    Thread.ofVirtual().name("cy-bridge-in").start(() -> carryIn(opened));
                    carryOut(opened);
                } catch (IOException e) {
                    if (!told) {
                        told = true;
                        LOG.warn("no TLS connection to {}: {}; trying again", gateway, text(e));
                    }
                } finally {
                    connection = null;
                }
                if (!closed && isWanted()) {
                    Thread.sleep(wait);
                    wait = Math.min(2 * wait, LONGEST_WAIT_MILLIS);
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            close();
        }
    }

    private static String text(IOException e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    private boolean isWanted() {
        return System.nanoTime() - wantedNanos < UNUSED_NANOS;
    }

    private void carryOut(DatagramConnection to) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[1 << 16], 1 << 16);
        while (!closed && connection == to && isWanted()) {
            packet.setLength(1 << 16);
            try {
                socket.receive(packet);
            } catch (SocketTimeoutException _) {
                continue;
            }
            long now = System.nanoTime();
            wantedNanos = now;
            if (now - heardNanos > SILENT_NANOS) {
                throw new IOException("nothing comes back");
            }
            if (packet.getLength() > 0 && packet.getLength() <= DatagramStream.MAX_LENGTH) {
                to.send(packet.getData(), packet.getOffset(), packet.getLength());
            }
        }
    }

    private void carryIn(DatagramConnection from) {
        try {
            while (!closed) {
                byte[] datagram = from.receive();
                if (datagram.length == 0) {
                    break;
                }
                heardNanos = System.nanoTime();
                socket.send(new DatagramPacket(datagram, datagram.length));
            }
        } catch (IOException _) {
            // The other thread connects again.
        } finally {
            from.close();
            if (connection == from) {
                connection = null;
            }
        }
    }

    /** Gives the connection up and makes another. */
    void reconnect() {
        DatagramConnection present = connection;
        if (present != null) {
            connection = null;
            present.close();
        }
    }

    @Override
    public void close() {
        closed = true;
        reconnect();
        socket.close();
    }
}
