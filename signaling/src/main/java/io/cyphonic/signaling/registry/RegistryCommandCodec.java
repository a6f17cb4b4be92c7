package io.cyphonic.signaling.registry;

import io.cyphonic.signaling.protocol.sbe.Status;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.util.List;

/**
 * Log entries and their outcomes as bytes: a version byte, a type byte, the fields.
 *
 * <p>Entries stay readable for good: a changed entry gets a new type, and old types are kept.
 * Static methods without state.
 */
public final class RegistryCommandCodec {
    /** The only version so far. */
    public static final int VERSION = 1;

    private static final int CONFIGURE = 1;
    private static final int INVITE = 2;
    private static final int REDEEM = 3;
    private static final int STORE_CERTIFICATE = 4;
    private static final int REGISTER_UNCONFIRMED = 5;
    private static final int UNREGISTER = 6;
    private static final int REVOKE = 7;
    private static final int REGISTER = 8;

    private RegistryCommandCodec() {}

    /** The bytes of a log entry. */
    public static byte[] encode(RegistryCommand command) {
        final BinaryWriter out = new BinaryWriter().int8(VERSION);
        switch (command) {
            case RegistryCommand.Configure c -> writeNetwork(out.int8(CONFIGURE), c.network());
            case RegistryCommand.Invite c ->
                    out.int8(INVITE)
                            .id(c.invitationId())
                            .text(c.name())
                            .bytes(c.secretHash())
                            .int64(c.expiryMillis());
            case RegistryCommand.Redeem c ->
                    out.int8(REDEEM)
                            .id(c.invitationId())
                            .bytes(c.secretHash())
                            .bytes(c.keyHash())
                            .int64(c.nowMillis())
                            .id(c.newNodeId());
            case RegistryCommand.StoreCertificate c ->
                    out.int8(STORE_CERTIFICATE).id(c.nodeId()).bytes(c.certificate());
            case RegistryCommand.Register c ->
                    writeRegistration(out.int8(REGISTER).id(c.nodeId()), c.registration());
            case RegistryCommand.Unregister c ->
                    out.int8(UNREGISTER).id(c.nodeId()).int64(c.loginId());
            case RegistryCommand.Revoke c -> out.int8(REVOKE).text(c.fqdn());
        }
        return out.toArray();
    }

    static void writeNetwork(BinaryWriter out, OverlayNetwork network) {
        out.text(network.zone())
                .address(network.ipv4Prefix())
                .int8(network.ipv4PrefixLength())
                .address(network.ipv6Prefix())
                .int8(network.ipv6PrefixLength());
    }

    static OverlayNetwork readNetwork(BinaryReader in) {
        return new OverlayNetwork(
                in.text(),
                (Inet4Address) in.address(),
                in.int8(),
                (Inet6Address) in.address(),
                in.int8());
    }

    private static void writeRegistration(BinaryWriter out, NodeRecord.Registration registration) {
        out.int64(registration.loginId()).int64(registration.counter());
        registration.ipv4().writeTo(out);
        registration.ipv6().writeTo(out);
        out.candidates(registration.candidates());
    }

    /** The entry of a cloud that took every source for the node's address. */
    private static NodeRecord.Registration readUnconfirmed(BinaryReader in) {
        return new NodeRecord.Registration(
                in.int64(), in.int64(), in.socketAddress(), in.socketAddress(), in.candidates(), 0);
    }

    private static NodeRecord.Registration readRegistration(BinaryReader in) {
        return new NodeRecord.Registration(
                in.int64(),
                in.int64(),
                Sighting.readFrom(in),
                Sighting.readFrom(in),
                in.candidates(),
                0,
                List.of());
    }

    /**
     * The log entry of these bytes.
     *
     * @throws IllegalStateException when they are of another version or damaged
     */
    public static RegistryCommand decode(byte[] bytes, int offset, int length) {
        final BinaryReader in = new BinaryReader(bytes, offset, length);
        final int version = in.int8();
        final int type = in.int8();
        if (version != VERSION) {
            throw new IllegalStateException(
                    "log entry version must be " + VERSION + ", found " + version);
        }
        return switch (type) {
            case CONFIGURE -> new RegistryCommand.Configure(readNetwork(in));
            case INVITE -> new RegistryCommand.Invite(in.id(), in.text(), in.bytes(), in.int64());
            case REDEEM ->
                    new RegistryCommand.Redeem(
                            in.id(), in.bytes(), in.bytes(), in.int64(), in.id());
            case STORE_CERTIFICATE -> new RegistryCommand.StoreCertificate(in.id(), in.bytes());
            case REGISTER -> new RegistryCommand.Register(in.id(), readRegistration(in));
            case REGISTER_UNCONFIRMED -> new RegistryCommand.Register(in.id(), readUnconfirmed(in));
            case UNREGISTER -> new RegistryCommand.Unregister(in.id(), in.int64());
            case REVOKE -> new RegistryCommand.Revoke(in.text());
            default -> throw new IllegalStateException("unknown type of log entry: " + type);
        };
    }

    /** The bytes of an outcome. */
    public static byte[] encodeOutcome(Registry.Redeemed outcome) {
        final BinaryWriter out = new BinaryWriter().int8(VERSION).int8(outcome.status().value());
        if (outcome.nodeId() == null) {
            return out.int8(0).toArray();
        }
        return out.int8(1)
                .id(outcome.nodeId())
                .text(outcome.fqdn())
                .address(outcome.virtualIpv4())
                .address(outcome.virtualIpv6())
                .toArray();
    }

    /** The outcome of these bytes. */
    public static Registry.Redeemed decodeOutcome(byte[] bytes, int offset, int length) {
        final BinaryReader in = new BinaryReader(bytes, offset, length);
        if (in.int8() != VERSION) {
            throw new IllegalStateException("outcome version must be " + VERSION);
        }
        final Status status = Status.get((short) in.int8());
        if (in.int8() == 0) {
            return Outcomes.of(status);
        }
        return new Registry.Redeemed(
                status,
                in.id(),
                in.text(),
                (Inet4Address) in.address(),
                (Inet6Address) in.address());
    }
}
