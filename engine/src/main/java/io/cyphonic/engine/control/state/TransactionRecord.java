package io.cyphonic.engine.control.state;

import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * A request to the NMS that waits for its answer. Key: its transaction id. Holds all that is needed
 * to send it again and to use the answer, so that any handler can do either.
 *
 * <pre>
 *    0  expiry         8  version     9  kind      10  tries     11  address family wanted
 *   12  login id      20  first sent, monotonic nanoseconds      28  argument
 *   36  destination   55  wanted virtual address                 71  wanted FQDN
 * </pre>
 */
public final class TransactionRecord {
    /** Bytes of the record. */
    public static final int LENGTH = 71 + RecordFields.NAME_LENGTH;

    private static final byte PRESENT_VERSION = 1;
    private static final int EXPIRY = 0;
    private static final int VERSION = 8;
    private static final int KIND = 9;
    private static final int TRIES = 10;
    private static final int WANTED_FAMILY = 11;
    private static final int LOGIN_ID = 12;
    private static final int SENT = 20;
    private static final int ARGUMENT = 28;
    private static final int DESTINATION = 36;
    private static final int WANTED_ADDRESS = 55;
    private static final int WANTED_FQDN = 71;

    private static final Kind[] KINDS = Kind.values();

    private final byte[] bytes;

    /** What was asked. */
    public enum Kind {
        /** Where this node is; the argument is a hash of what was said. */
        REGISTRATION,
        /** Whether the registration stands. */
        KEEP_ALIVE,
        /** The way to a peer. */
        DIRECTION,
        /** Who was revoked; the argument is the epoch after which. */
        REVOCATIONS,
        /** To be forgotten. */
        FINALIZATION
    }

    TransactionRecord(byte[] bytes) {
        this.bytes = bytes;
    }

    /** A request about to be sent for the first time. */
    public TransactionRecord(
            Kind kind, long loginId, InetSocketAddress destination, long nowNanos, long expiry) {
        this(new byte[LENGTH]);
        RecordFields.putLong(bytes, EXPIRY, expiry);
        bytes[VERSION] = PRESENT_VERSION;
        bytes[KIND] = (byte) kind.ordinal();
        bytes[TRIES] = 1;
        RecordFields.putLong(bytes, LOGIN_ID, loginId);
        RecordFields.putLong(bytes, SENT, nowNanos);
        RecordFields.putSocket(bytes, DESTINATION, destination);
    }

    byte[] bytes() {
        return bytes;
    }

    /** A copy that has been sent once more. */
    public TransactionRecord triedAgain() {
        TransactionRecord copy = new TransactionRecord(bytes.clone());
        copy.bytes[TRIES]++;
        return copy;
    }

    /** What was asked. */
    public Kind kind() {
        return KINDS[bytes[KIND]];
    }

    /** Sendings so far. */
    public int tries() {
        return bytes[TRIES];
    }

    /** The login under which it was asked. */
    public long loginId() {
        return RecordFields.getLong(bytes, LOGIN_ID);
    }

    /** When it was sent first. */
    public long sentNanos() {
        return RecordFields.getLong(bytes, SENT);
    }

    /** Where it is sent. */
    public InetSocketAddress destination() {
        return RecordFields.getSocket(bytes, DESTINATION);
    }

    /** Meaning by kind. */
    public long argument() {
        return RecordFields.getLong(bytes, ARGUMENT);
    }

    /** See {@link #argument}. */
    public void argument(long argument) {
        RecordFields.putLong(bytes, ARGUMENT, argument);
    }

    /** The peer is wanted by this name. */
    public void wanted(String fqdn) {
        RecordFields.putName(bytes, WANTED_FQDN, fqdn);
    }

    /** The peer is wanted by this virtual address. */
    public void wanted(InetAddress address) {
        int length = address.getAddress().length;
        bytes[WANTED_FAMILY] = (byte) length;
        RecordFields.putAddress(bytes, WANTED_ADDRESS, length, address);
    }

    /** The wanted name, empty if the peer is wanted by its address. */
    public String wantedFqdn() {
        return RecordFields.getName(bytes, WANTED_FQDN);
    }

    /** The wanted virtual address, {@code null} if the peer is wanted by its name. */
    public InetAddress wantedAddress() {
        int length = bytes[WANTED_FAMILY];
        return length == 0 ? null : RecordFields.getAddress(bytes, WANTED_ADDRESS, length);
    }

    /** Whom the request is about, as the key of the table of attempts. */
    public WantedPeer wanted() {
        InetAddress address = wantedAddress();
        return address == null ? WantedPeer.byName(wantedFqdn()) : WantedPeer.byAddress(address);
    }
}
