package io.cyphonic.signaling.node;

import io.cyphonic.signaling.config.SocketAddresses;
import io.cyphonic.signaling.credential.CommonKeys;
import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.ControlCipher;
import io.cyphonic.signaling.protocol.ControlEnvelope;
import io.cyphonic.signaling.protocol.ControlMessage;
import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.sbe.CandidateKind;
import io.cyphonic.signaling.protocol.sbe.Status;
import io.cyphonic.signaling.registry.OverlayNetwork;
import io.cyphonic.signaling.registry.Registry;
import io.cyphonic.signaling.registry.VolatileRegistry;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;

/** An NMS on a registry without a log, with nodes that speak to it; no sockets, no clock. */
final class NmsFixture implements AutoCloseable {
    static final InetSocketAddress NMS_IPV4 = SocketAddresses.parse("192.0.2.1:7447");
    static final InetSocketAddress NMS_IPV6 = SocketAddresses.parse("[2001:db8::1]:7447");

    final SecureRandom random = new SecureRandom();
    final NmsCounters counters = new NmsCounters();
    final byte[] secret = new byte[CommonKeys.SECRET_LENGTH];
    final VolatileRegistry registry;
    final NodeManagement nms;
    long nowMillis = Instant.parse("2026-11-22T12:00:00Z").toEpochMilli();

    NmsFixture() {
        this(RelayGrants.none());
    }

    NmsFixture(RelayGrants relays) {
        random.nextBytes(secret);
        registry =
                new VolatileRegistry(
                        new OverlayNetwork(
                                "example.internal",
                                (Inet4Address) InetAddress.ofLiteral("10.121.0.0"),
                                16,
                                (Inet6Address) InetAddress.ofLiteral("fd00:1:2:3::"),
                                64),
                        () -> Instant.ofEpochMilli(nowMillis),
                        random);
        nms =
                new NodeManagement(
                        registry, secret, random, counters, relays, () -> nowMillis * 1_000_000);
    }

    /** Enrols a node and logs it in. */
    Node node(String name) {
        Id128 invitation = Id128.random(random);
        byte[] secretHash = new byte[32];
        byte[] keyHash = new byte[32];
        random.nextBytes(keyHash);
        registry.invite(invitation, name, secretHash, nowMillis + 1000);
        Registry.Redeemed redeemed = registry.redeem(invitation, secretHash, keyHash, nowMillis);
        if (redeemed.status() != Status.OK) {
            throw new AssertionError(redeemed.status());
        }
        byte[] certificate = new byte[600];
        Arrays.fill(certificate, (byte) name.charAt(0));
        registry.storeCertificate(redeemed.nodeId(), certificate);
        Node node = new Node(redeemed.nodeId(), redeemed.fqdn());
        node.login();
        return node;
    }

    long total() {
        return counters.snapshot().values().stream().mapToLong(Long::longValue).sum();
    }

    @Override
    public void close() {
        registry.close();
    }

    static Candidate local(String address) {
        return new Candidate(SocketAddresses.parse(address), CandidateKind.LOCAL);
    }

    /** The node's end of the envelope. */
    final class Node {
        final Id128 id;
        final String fqdn;
        long loginId;
        long counter;
        ControlCipher cipher;
        InetSocketAddress address;

        Node(Id128 id, String fqdn) {
            this.id = id;
            this.fqdn = fqdn;
        }

        void login() {
            loginId = CommonKeys.newLoginId(random, nowMillis + Duration.ofHours(12).toMillis());
            cipher = new ControlCipher(CommonKeys.derive(secret, id, loginId), loginId, id);
            counter = 0;
        }

        Node at(String literal) {
            address = SocketAddresses.parse(literal);
            return this;
        }

        byte[] seal(ControlMessage message) {
            return cipher.sealToNms(message, ++counter);
        }

        List<Reply> send(ControlMessage message) {
            return deliver(seal(message));
        }

        List<Reply> deliver(byte[] datagram) {
            InetSocketAddress local =
                    address.getAddress() instanceof Inet4Address ? NMS_IPV4 : NMS_IPV6;
            return nms.handle(datagram, datagram.length, address, local, nowMillis);
        }

        /** Sends a message to which there is one answer, to this node itself. */
        <T extends ControlMessage> T ask(ControlMessage message, Class<T> type) {
            return only(send(message), type);
        }

        <T extends ControlMessage> T only(List<Reply> replies, Class<T> type) {
            if (replies.size() != 1 || !replies.getFirst().destination().equals(address)) {
                throw new AssertionError("not one answer to " + address + ": " + replies);
            }
            return open(replies.getFirst(), type);
        }

        <T extends ControlMessage> T open(Reply reply, Class<T> type) {
            byte[] datagram = reply.datagram();
            if (datagram.length > ControlEnvelope.MAX_DATAGRAM_LENGTH) {
                throw new AssertionError("a datagram of " + datagram.length + " bytes");
            }
            ControlMessage message =
                    cipher.open(datagram, datagram.length, ControlEnvelope.TO_NODE);
            return type.cast(java.util.Objects.requireNonNull(message, "not for this node"));
        }

        /** Registers, and confirms the address that the NMS says to have observed. */
        Node registered(Candidate... candidates) {
            ControlMessage.RegistrationResponse first =
                    ask(
                            new ControlMessage.RegistrationRequest(1, List.of(candidates)),
                            ControlMessage.RegistrationResponse.class);
            Status second =
                    ask(confirmation(first, candidates), ControlMessage.RegistrationResponse.class)
                            .status();
            if (first.status() != Status.OK || second != Status.OK) {
                throw new AssertionError(first.status() + ", " + second);
            }
            return this;
        }

        /** The registration that shows that an answer has reached this node. */
        static ControlMessage.RegistrationRequest confirmation(
                ControlMessage.RegistrationResponse answer, Candidate... candidates) {
            return new ControlMessage.RegistrationRequest(
                    answer.transactionId() + 1,
                    List.of(candidates),
                    List.of(),
                    answer.observed(),
                    answer.proof());
        }
    }
}
