package io.cyphonic.signaling.gateway;

import io.cyphonic.signaling.auth.AuthenticationConnection;
import io.cyphonic.signaling.auth.ConnectionLimits;
import io.cyphonic.signaling.auth.ListenException;
import io.cyphonic.signaling.auth.TcpListeners;
import io.cyphonic.signaling.credential.ConnectionDeadline;
import io.cyphonic.signaling.credential.TlsContexts;
import io.cyphonic.signaling.protocol.DatagramStream;
import io.cyphonic.signaling.protocol.TlsFrames;
import io.cyphonic.signaling.relay.RelayStream;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.cert.CertificateEncodingException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSocket;

/**
 * A listener for nodes behind networks that let out nothing but TLS to TCP port 443. The client
 * names in the handshake what it wants: {@link TlsFrames#PROTOCOL}, one request to the AS, or
 * {@link DatagramStream#PROTOCOL}, datagrams in both directions, for which it must show the
 * certificate of a node.
 *
 * <p>All is bounded: connections in total and per source, the time of handshakes and logins, the
 * silence on a connection, what waits for a slow reader. One virtual thread per listener; one or
 * two per connection. Thread-safe.
 *
 * <pre>
 *   open --&gt; BOUND --start--&gt; LISTENING --close--&gt; CLOSED (connections still open are cut)
 * </pre>
 */
public final class TlsGateway implements AutoCloseable {
    /** Most connections; each has 64 KiB for waiting datagrams, and the buffers of TLS. */
    public static final int MAX_CONNECTIONS = 256;

    /** Most connections of one address: a network behind one NAT. */
    public static final int MAX_PER_SOURCE = 64;

    /** For the handshake, and for a whole login. */
    public static final Duration DEADLINE = Duration.ofSeconds(10);

    /** A connection on which nothing comes for so long is cut: nodes send keep-alives. */
    public static final Duration IDLE = Duration.ofSeconds(60);

    private static final Logger LOG = LoggerFactory.getLogger(TlsGateway.class);
    private static final List<String> PROTOCOLS =
            List.of(TlsFrames.PROTOCOL, DatagramStream.PROTOCOL);
    private static final int READ_BUFFER = 16_384;

    private final TcpListeners listeners;
    private final SSLContext tls;
    private final Optional<AuthenticationConnection> login;
    private final Predicate<byte[]> isMember;
    private final DatagramReceiver receiver;
    private final Duration deadline;
    private final Duration idle;
    private final GatewayCounters counters = new GatewayCounters();
    private final Map<InetSocketAddress, OutgoingDatagrams> streams = new ConcurrentHashMap<>();

    private TlsGateway(
            TcpListeners listeners,
            SSLContext tls,
            Optional<AuthenticationConnection> login,
            Predicate<byte[]> isMember,
            DatagramReceiver receiver,
            Duration deadline,
            Duration idle) {
        this.listeners = listeners;
        this.tls = tls;
        this.login = login;
        this.isMember = isMember;
        this.receiver = receiver;
        this.deadline = deadline;
        this.idle = idle;
    }

    /**
     * Binds the listeners; nothing is accepted before {@link #start}.
     *
     * @param tls from {@link TlsContexts#server}
     * @param login answers logins, if it is here that they are answered
     * @param isMember whether a certificate is that of a node, valid and not revoked
     * @param receiver takes the datagrams
     * @throws ListenException if one of the addresses cannot be had; then nothing listens
     */
    public static TlsGateway open(
            List<InetSocketAddress> addresses,
            SSLContext tls,
            Optional<AuthenticationConnection> login,
            Predicate<byte[]> isMember,
            DatagramReceiver receiver)
            throws ListenException {
        return open(addresses, tls, login, isMember, receiver, DEADLINE, IDLE);
    }

    static TlsGateway open(
            List<InetSocketAddress> addresses,
            SSLContext tls,
            Optional<AuthenticationConnection> login,
            Predicate<byte[]> isMember,
            DatagramReceiver receiver,
            Duration deadline,
            Duration idle)
            throws ListenException {
        ConnectionLimits limits = new ConnectionLimits(MAX_CONNECTIONS, MAX_PER_SOURCE);
        return new TlsGateway(
                TcpListeners.open("gateway", addresses, limits),
                tls,
                login,
                isMember,
                receiver,
                deadline,
                idle);
    }

    /** Starts accepting. Once. */
    public void start() {
        listeners.start(new Nodes());
    }

    /** Where it listens, with the ports that the system chose for port 0. */
    public List<InetSocketAddress> addresses() {
        return listeners.addresses();
    }

    /** What it counted. */
    public GatewayCounters counters() {
        return counters;
    }

    /** Connections being served now. */
    public int openConnections() {
        return listeners.openConnections();
    }

    /** Sends a datagram over the connection from there, if there is one. Does not wait. */
    public void send(byte[] datagram, InetSocketAddress destination) {
        OutgoingDatagrams stream = streams.get(destination);
        if (stream != null) {
            stream.offer(datagram, 0, datagram.length);
        }
    }

    /** Stops listening and cuts the connections that are open. Idempotent; does not wait. */
    @Override
    public void close() {
        listeners.close();
    }

    /** Counts connections, and serves them in TLS. */
    private final class Nodes implements TcpListeners.Connections {
        @Override
        public void accepted() {
            counters.count(GatewayCounter.ACCEPTED);
        }

        @Override
        public void refused() {
            counters.count(GatewayCounter.REJECTED_BUSY);
        }

        @Override
        public void serve(Socket connection) {
            GatewayCounter end = GatewayCounter.FAILED;
            try {
                end = serveTls(connection);
            } catch (RuntimeException e) {
                LOG.error("The gateway failed on a connection", e);
            } finally {
                counters.count(end);
            }
        }
    }

    private GatewayCounter serveTls(Socket connection) {
        // Kept apart: a connection that was cut no longer says whose it was.
        InetSocketAddress source = (InetSocketAddress) connection.getRemoteSocketAddress();
        InetSocketAddress local = (InetSocketAddress) connection.getLocalSocketAddress();
        if (source == null) {
            return GatewayCounter.REJECTED_TLS;
        }
        SSLSocket socket;
        try (ConnectionDeadline limit = ConnectionDeadline.after(deadline)) {
            limit.guard(connection);
            connection.setTcpNoDelay(true);
            socket = TlsContexts.accept(tls, connection, PROTOCOLS);
            socket.startHandshake();
            String protocol = socket.getApplicationProtocol();
            if (TlsFrames.PROTOCOL.equals(protocol) && login.isPresent()) {
                return login(socket, source.getAddress());
            }
            if (!DatagramStream.PROTOCOL.equals(protocol)) {
                return GatewayCounter.REJECTED_PROTOCOL;
            }
            if (!isMember.test(certificate(socket))) {
                return GatewayCounter.REJECTED_CERTIFICATE;
            }
        } catch (IOException _) {
            return GatewayCounter.REJECTED_TLS;
        }
        carry(socket, source, local);
        return GatewayCounter.DATAGRAMS;
    }

    private GatewayCounter login(SSLSocket socket, InetAddress source) {
        try (socket) {
            login.orElseThrow().serve(socket, source);
        } catch (IOException _) {
            // The node asks again.
        }
        return GatewayCounter.LOGIN;
    }

    /** Passes datagrams in both directions until either end has enough. */
    private void carry(SSLSocket socket, InetSocketAddress source, InetSocketAddress local) {
        OutgoingDatagrams outgoing = new OutgoingDatagrams(counters);
        streams.put(source, outgoing);
        Thread writer =
                Thread.ofVirtual().name("gateway-writer").start(() -> writeAll(socket, outgoing));
        try {
            socket.setSoTimeout(Math.toIntExact(idle.toMillis()));
            BufferedInputStream in = new BufferedInputStream(socket.getInputStream(), READ_BUFFER);
            byte[] datagram;
            while ((datagram = DatagramStream.read(in)).length > 0) {
                counters.count(GatewayCounter.DATAGRAMS_IN);
                if (!receiver.receive(datagram, source, local, outgoing)) {
                    counters.count(GatewayCounter.UNEXPECTED);
                }
            }
        } catch (IOException _) {
            // Broken, silent for too long, or cut: the node connects again.
        } finally {
            streams.remove(source, (RelayStream) outgoing);
            outgoing.close();
            writer.interrupt();
        }
    }

    private static void writeAll(SSLSocket socket, OutgoingDatagrams outgoing) {
        try {
            outgoing.writeAll(socket.getOutputStream());
        } catch (IOException _) {
            closeQuietly(socket); // the reader finds out too
        }
    }

    private static byte[] certificate(SSLSocket socket) {
        try {
            return socket.getSession().getPeerCertificates()[0].getEncoded();
        } catch (SSLPeerUnverifiedException | CertificateEncodingException _) {
            return new byte[0];
        }
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException _) {
            // It is gone either way.
        }
    }
}
