package io.cyphonic.signaling.credential;

import io.cyphonic.signaling.protocol.DatagramStream;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.time.InstantSource;

import javax.net.ssl.SSLSocket;

/**
 * The node's end of a connection that carries datagrams to a gateway, for networks that let no UDP
 * out: TLS 1.3 with the node's certificate, to a server of the pinned CA. To NMS and relay the
 * connection is a source address.
 *
 * <p>{@link #send} is for one thread at a time, {@link #receive} for another one; both block, and
 * {@link #close}, from any thread, ends them. What is sent is passed on at once.
 */
public final class DatagramConnection implements AutoCloseable {
    private static final int BUFFER_LENGTH = 16_384;

    private final SSLSocket socket;
    private final BufferedInputStream in;
    private final BufferedOutputStream out;

    private DatagramConnection(SSLSocket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream(), BUFFER_LENGTH);
        this.out = new BufferedOutputStream(socket.getOutputStream(), BUFFER_LENGTH);
    }

    /**
     * Connects and shakes hands.
     *
     * @param gateway address and TLS port of a gateway
     * @param caCertificate of the cloud the node belongs to, X.509 DER
     * @param certificate the node's own, X.509 DER
     * @param timeout for everything together
     * @throws IOException if there is no gateway of this cloud, in time; the message says why
     */
    public static DatagramConnection open(
            InetSocketAddress gateway,
            byte[] caCertificate,
            NodeKeys keys,
            byte[] certificate,
            InstantSource clock,
            Duration timeout)
            throws IOException {
        CloudTrust trust = new CloudTrust(CaCertificate.parse(caCertificate).fingerprint(), clock);
        Socket connection = new Socket();
        try (ConnectionDeadline limit = ConnectionDeadline.after(timeout)) {
            limit.guard(connection);
            connection.setTcpNoDelay(true);
            connection.connect(gateway, Math.toIntExact(timeout.toMillis()));
            SSLSocket socket =
                    TlsContexts.connect(
                            TlsContexts.loggingIn(trust, keys, certificate),
                            connection,
                            DatagramStream.PROTOCOL);
            socket.startHandshake();
            if (!DatagramStream.PROTOCOL.equals(socket.getApplicationProtocol())) {
                throw new IOException("the server there is no gateway");
            }
            return new DatagramConnection(socket);
        } catch (IOException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /** The own end of the connection. */
    public InetSocketAddress localAddress() {
        return (InetSocketAddress) socket.getLocalSocketAddress();
    }

    /**
     * Sends one datagram.
     *
     * @param length 1 to {@link DatagramStream#MAX_LENGTH}
     * @throws IOException if the connection is gone
     */
    public void send(byte[] buffer, int offset, int length) throws IOException {
        DatagramStream.write(out, buffer, offset, length);
        out.flush();
    }

    /** Writes one datagram that the next {@link #send} or {@link #flush} passes on. */
    public void write(byte[] buffer, int offset, int length) throws IOException {
        DatagramStream.write(out, buffer, offset, length);
    }

    /** Passes on what was written. */
    public void flush() throws IOException {
        out.flush();
    }

    /**
     * Waits for one datagram.
     *
     * @return the datagram; empty if the connection has ended
     * @throws IOException if the connection broke
     */
    public byte[] receive() throws IOException {
        return DatagramStream.read(in);
    }

    /** Ends the connection at once. Idempotent. */
    @Override
    public void close() {
        try {
            // Without the farewell of TLS, which would wait for a peer that may be gone.
            socket.setSoLinger(true, 0);
        } catch (IOException _) {
            // Closed before.
        }
        try {
            socket.close();
        } catch (IOException _) {
            // It is gone either way.
        }
    }
}
