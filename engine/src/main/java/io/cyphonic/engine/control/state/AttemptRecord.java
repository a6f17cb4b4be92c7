package io.cyphonic.engine.control.state;

/**
 * What is known about a wanted peer for a while: that it is being asked for, or that the cloud
 * knows no such peer. Key: {@link WantedPeer}. So one attempt serves all who want the same.
 *
 * <pre>
 *    0  expiry   8  version   9  outcome   10  transaction of the direction request
 * </pre>
 */
public final class AttemptRecord {
    /** Bytes of the record. */
    public static final int LENGTH = 18;

    private static final byte PRESENT_VERSION = 1;
    private static final int EXPIRY = 0;
    private static final int VERSION = 8;
    private static final int OUTCOME = 9;
    private static final int TRANSACTION = 10;

    private final byte[] bytes;

    /** How far the attempt has come. */
    public enum Outcome {
        /** The direction request is under way. */
        ASKING,
        /** The cloud knows no such peer. */
        UNKNOWN
    }

    AttemptRecord(byte[] bytes) {
        this.bytes = bytes;
    }

    /** A record of what is known from now on until it expires. */
    public AttemptRecord(Outcome outcome, long transactionId, long expiry) {
        this(new byte[LENGTH]);
        RecordFields.putLong(bytes, EXPIRY, expiry);
        bytes[VERSION] = PRESENT_VERSION;
        bytes[OUTCOME] = (byte) outcome.ordinal();
        RecordFields.putLong(bytes, TRANSACTION, transactionId);
    }

    byte[] bytes() {
        return bytes;
    }

    /** How far the attempt has come. */
    public Outcome outcome() {
        return bytes[OUTCOME] == 0 ? Outcome.ASKING : Outcome.UNKNOWN;
    }

    /** Transaction of the direction request. */
    public long transactionId() {
        return RecordFields.getLong(bytes, TRANSACTION);
    }
}
