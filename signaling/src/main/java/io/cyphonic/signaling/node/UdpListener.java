package io.cyphonic.signaling.node;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.util.function.BiConsumer;

/** A UDP socket of the cloud and the thread that reads it. Any thread may send. */
final class UdpListener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(UdpListener.class);
    private static final int RECEIVE_BUFFER_BYTES = 1 << 20;
    private static final long CLOSE_TIMEOUT_MS = 3000;

    private final DatagramChannel channel;
    private final InetSocketAddress address;
    private Thread thread;

    private UdpListener(DatagramChannel channel) throws IOException {
        this.channel = channel;
        this.address = (InetSocketAddress) channel.getLocalAddress();
    }

    /** Binds a socket; an exception says for the operator why that is not possible. */
    static UdpListener open(InetSocketAddress address) throws IOException {
        DatagramChannel channel =
                DatagramChannel.open(
                        address.getAddress() instanceof Inet4Address
                                ? StandardProtocolFamily.INET
                                : StandardProtocolFamily.INET6);
        try {
            channel.setOption(StandardSocketOptions.SO_RCVBUF, RECEIVE_BUFFER_BYTES);
            channel.bind(address);
            return new UdpListener(channel);
        } catch (IOException e) {
            channel.close();
            throw new IOException(
                    "cannot listen on UDP %s:%d: %s"
                            .formatted(
                                    address.getAddress().getHostAddress(),
                                    address.getPort(),
                                    reason(e)),
                    e);
        }
    }

    /** The JDK tells them apart by the text of strerror(3) only. */
    private static String reason(IOException failure) {
        String message = String.valueOf(failure.getMessage());
        if (message.contains("in use")) {
            return "the port is in use";
        }
        if (message.contains("assign requested address")) {
            return "this machine does not have the address";
        }
        return message.contains("ermission denied")
                ? "not permitted; ports below 1024 need root"
                : message;
    }

    InetSocketAddress address() {
        return address;
    }

    boolean sameFamily(InetSocketAddress other) {
        return address.getAddress().getClass() == other.getAddress().getClass();
    }

    /** Begins to receive; the buffer is valid during the call only. */
    void start(String name, int bufferLength, BiConsumer<InetSocketAddress, ByteBuffer> receiver) {
        thread =
                Thread.ofPlatform()
                        .daemon()
                        .name(name)
                        .start(() -> receive(bufferLength, receiver));
    }

    private void receive(int bufferLength, BiConsumer<InetSocketAddress, ByteBuffer> receiver) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(bufferLength);
        while (true) {
            try {
                buffer.clear();
                if (channel.receive(buffer) instanceof InetSocketAddress source) {
                    buffer.flip();
                    receiver.accept(source, buffer);
                }
            } catch (ClosedChannelException _) {
                return;
            } catch (IOException e) {
                // ICMP errors of earlier sends can come up here; none of them ends the service.
                LOG.debug("Receiving on {} failed", address, e);
            }
        }
    }

    /**
     * Sends without waiting.
     *
     * @return false if there is no way to that address now, or nobody can send to it: the requester
     *     sends again or gives up
     */
    boolean send(byte[] datagram, InetSocketAddress destination) {
        try {
            channel.send(ByteBuffer.wrap(datagram), destination);
            return true;
        } catch (IOException | RuntimeException _) {
            return false;
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
            if (thread != null) {
                thread.join(CLOSE_TIMEOUT_MS);
            }
        } catch (IOException e) {
            LOG.debug("Closing {} failed", address, e);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
