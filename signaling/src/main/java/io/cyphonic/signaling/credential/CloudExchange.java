package io.cyphonic.signaling.credential;

import io.cyphonic.signaling.credential.AuthenticationResult.ClockOff;
import io.cyphonic.signaling.credential.AuthenticationResult.Failure;
import io.cyphonic.signaling.credential.AuthenticationResult.Unreachable;
import io.cyphonic.signaling.credential.AuthenticationResult.WrongCloud;
import io.cyphonic.signaling.credential.CloudTrust.UntrustedCloudException;
import io.cyphonic.signaling.protocol.ControlMessage;
import io.cyphonic.signaling.protocol.TlsFrames;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * One request and its answer, at the first of several cloud addresses that gives one. Goes on to
 * the next address after anything but an answer, so that a broken or foreign server at one address
 * does not keep the node from its cloud; what it reports is the most telling failure. If nobody
 * answers at all, the TLS gateway at the same addresses is asked: some networks let out nothing but
 * its port.
 */
final class CloudExchange {
    /** What became of a request. */
    sealed interface Outcome {}

    /** An address answered; what it said is still to be looked at. */
    record Answered(ControlMessage message, InetSocketAddress cloud) implements Outcome {}

    /** No address did. */
    record Failed(Failure failure) implements Outcome {}

    private final Duration connectTimeout;
    private final Duration deadline;
    private final int gatewayPort;

    /** {@code gatewayPort} 0: no gateway. */
    CloudExchange(Duration connectTimeout, Duration deadline, int gatewayPort) {
        this.connectTimeout = connectTimeout;
        this.deadline = deadline;
        this.gatewayPort = gatewayPort;
    }

    Outcome ask(List<InetSocketAddress> cloud, SSLContext tls, ControlMessage request) {
        Failure telling = null;
        StringJoiner silent = new StringJoiner(", ", "no cloud answered: ", "");
        try (ConnectionDeadline limit = ConnectionDeadline.after(deadline)) {
            for (InetSocketAddress address : withGateways(cloud)) {
                if (telling != null && !cloud.contains(address)) {
                    // Somebody answered: the network is not what is in the way.
                    break;
                }
                switch (askOne(address, tls, request, limit)) {
                    case Answered answered -> {
                        return answered;
                    }
                    case Failed(Unreachable(String text)) -> silent.add(text);
                    case Failed(Failure failure) -> telling = telling == null ? failure : telling;
                }
            }
        }
        return new Failed(telling == null ? new Unreachable(silent.toString()) : telling);
    }

    /** The addresses, then their gateways. */
    private List<InetSocketAddress> withGateways(List<InetSocketAddress> cloud) {
        List<InetSocketAddress> all = new ArrayList<>(cloud);
        for (InetSocketAddress address : cloud) {
            InetSocketAddress gateway = new InetSocketAddress(address.getAddress(), gatewayPort);
            if (gatewayPort != 0 && !address.isUnresolved() && !all.contains(gateway)) {
                all.add(gateway);
            }
        }
        return all;
    }

    private Outcome askOne(
            InetSocketAddress address,
            SSLContext tls,
            ControlMessage request,
            ConnectionDeadline limit) {
        try (Socket connection = new Socket()) {
            limit.guard(connection);
            connection.setTcpNoDelay(true);
            connection.connect(address, Math.toIntExact(connectTimeout.toMillis()));
            try (SSLSocket socket = TlsContexts.connect(tls, connection, TlsFrames.PROTOCOL)) {
                socket.startHandshake();
                TlsFrames.write(socket.getOutputStream(), request);
                return switch (TlsFrames.read(socket.getInputStream())) {
                    case TlsFrames.Received.Message(ControlMessage message) ->
                            new Answered(message, address);
                    case TlsFrames.Received.Failure(TlsFrames.Reason reason) ->
                            unreachable(address, "it gave no answer (" + reason + ")");
                };
            }
        } catch (IOException e) {
            return new Failed(failure(address, e, limit.expired()));
        }
    }

    private static Failure failure(InetSocketAddress address, IOException trouble, boolean late) {
        for (Throwable cause = trouble; cause != null; cause = cause.getCause()) {
            if (cause instanceof UntrustedCloudException untrusted) {
                return untrusted(address, untrusted);
            }
        }
        if (late || trouble instanceof SocketTimeoutException) {
            return new Unreachable(text(address, "timed out"));
        }
        if (trouble instanceof UnknownHostException) {
            return new Unreachable(text(address, "no such host"));
        }
        return new Unreachable(text(address, trouble.getMessage()));
    }

    private static Failure untrusted(InetSocketAddress address, UntrustedCloudException untrusted) {
        return switch (untrusted.reason()) {
            case CLOCK -> new ClockOff("the clock is off: " + untrusted.getMessage());
            case OTHER_CA, NOT_A_CLOUD ->
                    new WrongCloud(
                            "%s is another cloud: %s"
                                    .formatted(text(address), untrusted.getMessage()));
        };
    }

    private static Outcome unreachable(InetSocketAddress address, String reason) {
        return new Failed(new Unreachable(text(address, reason)));
    }

    private static String text(InetSocketAddress address, String reason) {
        return "%s (%s)".formatted(text(address), reason);
    }

    private static String text(InetSocketAddress address) {
        if (address.isUnresolved()) {
            return address.getHostString() + ":" + address.getPort();
        }
        String literal = address.getAddress().getHostAddress();
        return (literal.indexOf(':') < 0 ? "%s:%d" : "[%s]:%d")
                .formatted(literal, address.getPort());
    }
}
