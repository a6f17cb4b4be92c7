package io.cyphonic.signaling.protocol;

import io.cyphonic.signaling.protocol.sbe.Procedure;
import io.cyphonic.signaling.protocol.sbe.Status;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * The control messages as values; {@code ControlMessageCodec} turns them into the bytes of the SBE
 * schema and back. Who sends which one to whom, and in which envelope, is in docs/protocol.md.
 *
 * <p>All are immutable; byte arrays in them belong to the message and are not changed. Absent
 * addresses are {@code null}, absent texts and byte strings are empty. Transaction ids are random
 * and chosen by the requester; an answer carries that of its request.
 */
public sealed interface ControlMessage {
    /**
     * First login: redeems an invitation (node to AS). The request is a PKCS #10 structure, DER.
     */
    record EnrolRequest(
            long clientTimeMillis, Id128 invitationId, byte[] secret, byte[] certificateRequest)
            implements ControlMessage {}

    /** The node's name, virtual addresses and first certificate, X.509 DER (AS to node). */
    record EnrolResponse(
            Status status,
            long serverTimeMillis,
            Id128 nodeId,
            Inet4Address virtualIpv4,
            int ipv4PrefixLength,
            Inet6Address virtualIpv6,
            int ipv6PrefixLength,
            String fqdn,
            String zone,
            byte[] certificate)
            implements ControlMessage {}

    /** Login with the certificate (node to AS); the request, if not empty, asks for its renewal. */
    record LoginRequest(long clientTimeMillis, byte[] certificateRequest)
            implements ControlMessage {}

    /** The common key for the NMS, its addresses, the renewed certificate or none, the relays. */
    record LoginResponse(
            Status status,
            long serverTimeMillis,
            Id128 nodeId,
            long loginId,
            long expiryMillis,
            long revocationEpoch,
            int keepAliveSeconds,
            List<InetSocketAddress> nmsEndpoints,
            byte[] commonKey,
            byte[] certificate,
            List<RelayServer> relays)
            implements ControlMessage {
        /** From or for a cloud without relays. */
        public LoginResponse(
                Status status,
                long serverTimeMillis,
                Id128 nodeId,
                long loginId,
                long expiryMillis,
                long revocationEpoch,
                int keepAliveSeconds,
                List<InetSocketAddress> nmsEndpoints,
                byte[] commonKey,
                byte[] certificate) {
            this(
                    status,
                    serverTimeMillis,
                    nodeId,
                    loginId,
                    expiryMillis,
                    revocationEpoch,
                    keepAliveSeconds,
                    nmsEndpoints,
                    commonKey,
                    certificate,
                    List.of());
        }
    }

    /**
     * The node's network location, and how far the relays are from it (node to NMS).
     *
     * @param confirmed the address that an answer under this login said to have observed, or {@code
     *     null}
     * @param proof what that answer gave for it
     */
    record RegistrationRequest(
            long transactionId,
            List<Candidate> candidates,
            List<RelayRoundTrip> relayRoundTrips,
            InetSocketAddress confirmed,
            long proof)
            implements ControlMessage {
        /** Without a measurement, and before the first answer. */
        public RegistrationRequest(long transactionId, List<Candidate> candidates) {
            this(transactionId, candidates, List.of(), null, 0);
        }
    }

    /**
     * Recorded; and the source address the NMS saw (NMS to node).
     *
     * @param proof for the next registration: only who receives at the address observed can read it
     */
    record RegistrationResponse(
            long transactionId,
            Status status,
            InetSocketAddress observed,
            long revocationEpoch,
            long proof)
            implements ControlMessage {}

    /** Holds the NAT mapping and asks whether the registration stands (node to NMS). */
    record KeepAlive(long transactionId) implements ControlMessage {}

    /** Answers a keep-alive; NOT_REGISTERED asks for a registration (NMS to node). */
    record KeepAliveAck(
            long transactionId, Status status, InetSocketAddress observed, long revocationEpoch)
            implements ControlMessage {}

    /** Asks for the way to a peer, by name or, where that is empty, by virtual address. */
    record DirectionRequest(long transactionId, String fqdn, InetAddress virtualAddress)
            implements ControlMessage {}

    /** Tells the responder who comes and how; the grant may be {@code null} (NMS to responder). */
    record RouteDirectionToResponder(
            long transactionId,
            Id128 pathId,
            Id128 initiatorId,
            Inet4Address virtualIpv4,
            Inet6Address virtualIpv6,
            Procedure procedure,
            List<Candidate> candidates,
            String fqdn,
            byte[] sealedState,
            RelayGrant relayGrant)
            implements ControlMessage {}

    /** The responder is ready; the sealed state goes back as it came (responder to NMS). */
    record RouteDirectionConfirmation(
            long transactionId, Id128 pathId, Status status, byte[] sealedState)
            implements ControlMessage {}

    /**
     * The route direction, the responder's certificate and a grant or {@code null}; or a status
     * that says why not.
     */
    record RouteDirectionToInitiator(
            long transactionId,
            Status status,
            Id128 pathId,
            Id128 responderId,
            Inet4Address virtualIpv4,
            Inet6Address virtualIpv6,
            Procedure procedure,
            List<Candidate> candidates,
            String fqdn,
            byte[] certificate,
            RelayGrant relayGrant)
            implements ControlMessage {}

    /** The node logs off; the NMS forgets its addresses (node to NMS). */
    record Finalization(long transactionId) implements ControlMessage {}

    /** Answers a finalization (NMS to node). */
    record FinalizationAck(long transactionId, Status status) implements ControlMessage {}

    /** Asks for the revocations after an epoch (node to NMS). */
    record RevocationQuery(long transactionId, long afterEpoch) implements ControlMessage {}

    /** Revoked nodes, oldest first; pushed by the NMS, and its answer to a query. */
    record RevocationNotice(long transactionId, long revocationEpoch, List<Id128> revoked)
            implements ControlMessage {}

    /** Inside the first handshake message (initiator to responder). */
    record TunnelRequestPayload(long timestampMillis, int innerMtu, byte[] certificate)
            implements ControlMessage {}

    /** Inside the second handshake message (responder to initiator). */
    record TunnelResponsePayload(InetSocketAddress observed, int innerMtu)
            implements ControlMessage {}

    /** Is this path alive (node to node, in a control capsule). */
    record PathProbe(long probeId) implements ControlMessage {}

    /** Answers a probe on the path it came by (node to node, in a control capsule). */
    record PathProbeAck(long probeId, InetSocketAddress observed) implements ControlMessage {}

    /**
     * Does this path carry a control message of so many bytes (node to node, in a control capsule).
     * Zeros follow the message up to that size.
     */
    record MtuProbe(long probeId) implements ControlMessage {}

    /**
     * Answers such a probe on the path it came by (node to node, in a control capsule).
     *
     * @param size bytes of the probe as received, zeros included
     */
    record MtuProbeAck(long probeId, int size) implements ControlMessage {}

    /** Finalization of the tunnel (node to node, in a control capsule). */
    record TunnelClose(Status reason) implements ControlMessage {}

    /**
     * Where the sender can be reached now (node to node, in a control capsule).
     *
     * @param sequence rises with every change; an older one is ignored
     * @param moved whether old paths need new proof
     */
    record CandidateUpdate(long sequence, boolean moved, List<Candidate> candidates)
            implements ControlMessage {}

    /** The update with this sequence has come (node to node, in a control capsule). */
    record CandidateUpdateAck(long sequence) implements ControlMessage {}
}
