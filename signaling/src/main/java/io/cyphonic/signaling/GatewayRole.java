package io.cyphonic.signaling;

import io.cyphonic.signaling.auth.AuthenticationConnection;
import io.cyphonic.signaling.auth.AuthenticationService;
import io.cyphonic.signaling.config.CloudConfig;
import io.cyphonic.signaling.credential.CertificateVerifier;
import io.cyphonic.signaling.credential.CertificateVerifier.Verdict;
import io.cyphonic.signaling.credential.NodeCertificate;
import io.cyphonic.signaling.gateway.TlsGateway;
import io.cyphonic.signaling.node.NmsServer;
import io.cyphonic.signaling.node.NodeManagement;
import io.cyphonic.signaling.node.Reply;
import io.cyphonic.signaling.protocol.DatagramType;
import io.cyphonic.signaling.registry.NodeRecord;
import io.cyphonic.signaling.registry.Registry;
import io.cyphonic.signaling.relay.RelayService;
import io.cyphonic.signaling.relay.RelayStream;
import io.cyphonic.signaling.stun.StunCodec;
import io.cyphonic.signaling.stun.StunOrigins;
import io.cyphonic.signaling.stun.StunReply;
import io.cyphonic.signaling.stun.StunResponder;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

import javax.net.ssl.SSLContext;

/** Leads what comes over TLS to AS, NMS and relay. Thread-safe. */
final class GatewayRole {
    private static final Logger LOG = LoggerFactory.getLogger(GatewayRole.class);

    private final Registry registry;
    private final CertificateVerifier verifier;
    private final InstantSource clock;
    private final NodeManagement nodeManagement;
    private final NmsServer nmsServer;
    private final Optional<RelayService> relay;

    GatewayRole(
            Registry registry,
            byte[] caCertificate,
            InstantSource clock,
            NodeManagement nodeManagement,
            NmsServer nmsServer,
            Optional<RelayService> relay) {
        this.registry = registry;
        this.verifier = new CertificateVerifier(caCertificate);
        this.clock = clock;
        this.nodeManagement = nodeManagement;
        this.nmsServer = nmsServer;
        this.relay = relay;
    }

    /**
     * Opens the gateway, if there is to be one. Where its port cannot be had, the log says so and
     * the cloud goes on without: only nodes behind the strictest networks need it.
     */
    Optional<TlsGateway> open(CloudConfig config, SSLContext tls, AuthenticationService service) {
        int port = config.relay().tlsPort();
        if (port == 0) {
            return Optional.empty();
        }
        List<InetSocketAddress> addresses =
                config.listen().stream()
                        .map(address -> new InetSocketAddress(address.getAddress(), port))
                        .distinct()
                        .toList();
        try {
            TlsGateway gateway =
                    TlsGateway.open(
                            addresses,
                            tls,
                            Optional.of(
                                    new AuthenticationConnection(
                                            tls, service, TlsGateway.DEADLINE)),
                            this::isMember,
                            this::receive);
            nmsServer.alsoSendThrough(reply -> gateway.send(reply.datagram(), reply.destination()));
            return Optional.of(gateway);
        } catch (IOException e) {
            LOG.warn("{}; going on without the TLS gateway (relay.tls-port)", e.getMessage());
            return Optional.empty();
        }
    }

    private boolean isMember(byte[] certificate) {
        return verifier.verify(certificate, clock.millis())
                        instanceof Verdict.Valid(NodeCertificate node)
                && registry.findById(node.nodeId()).filter(GatewayRole::isWelcome).isPresent();
    }

    private static boolean isWelcome(NodeRecord node) {
        return !node.revoked();
    }

    private boolean receive(
            byte[] datagram,
            InetSocketAddress source,
            InetSocketAddress local,
            RelayStream stream) {
        switch (datagram[0]) {
            case DatagramType.CONTROL -> ask(datagram, source, local, stream);
            case DatagramType.RELAY, DatagramType.RELAY_BIND -> {
                if (relay.isEmpty()) {
                    return false;
                }
                relay.get().receive(datagram, source, stream);
            }
            default -> {
                return answerStun(datagram, source, local, stream);
            }
        }
        return true;
    }

    /** On the connection's own thread: who asks much waits for its answers. */
    private void ask(
            byte[] datagram,
            InetSocketAddress source,
            InetSocketAddress local,
            RelayStream stream) {
        for (Reply reply :
                nodeManagement.handle(datagram, datagram.length, source, local, clock.millis())) {
            if (reply.destination().equals(source)) {
                stream.offer(reply.datagram(), 0, reply.datagram().length);
            } else {
                nmsServer.send(List.of(reply));
            }
        }
    }

    private static boolean answerStun(
            byte[] datagram,
            InetSocketAddress source,
            InetSocketAddress local,
            RelayStream stream) {
        if (!StunCodec.isStun(datagram, datagram.length)) {
            return false;
        }
        StunReply reply =
                StunResponder.answer(datagram, datagram.length, source, StunOrigins.alone(local));
        if (reply != null) {
            stream.offer(reply.datagram(), 0, reply.datagram().length);
        }
        return reply != null;
    }
}
