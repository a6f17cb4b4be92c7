package io.cyphonic.signaling.handshake;

import java.util.Arrays;

/**
 * What a finished handshake gives to the data plane: one key per direction. Made for one session,
 * never stored, wiped by its owner. Not thread-safe.
 */
public final class SessionKeys implements AutoCloseable {
    /** Length of each key in bytes, for every suite. */
    public static final int KEY_LENGTH = 32;

    private final CipherSuite suite;
    private final byte[] sendKey;
    private final byte[] receiveKey;

    /**
     * Takes over both arrays; the caller must not keep them.
     *
     * @param suite decides the AEAD of the capsules
     * @param sendKey seals what this node sends, {@value #KEY_LENGTH} bytes
     * @param receiveKey opens what it receives, {@value #KEY_LENGTH} bytes
     */
    public SessionKeys(CipherSuite suite, byte[] sendKey, byte[] receiveKey) {
        if (sendKey.length != KEY_LENGTH || receiveKey.length != KEY_LENGTH) {
            throw new IllegalArgumentException("a session key has " + KEY_LENGTH + " bytes");
        }
        this.suite = suite;
        this.sendKey = sendKey;
        this.receiveKey = receiveKey;
    }

    /** Decides the AEAD of the capsules. */
    public CipherSuite suite() {
        return suite;
    }

    /** The key to seal with; not a copy. */
    public byte[] sendKey() {
        return sendKey;
    }

    /** The key to open with; not a copy. */
    public byte[] receiveKey() {
        return receiveKey;
    }

    /** Overwrites both keys. Idempotent. */
    @Override
    public void close() {
        Arrays.fill(sendKey, (byte) 0);
        Arrays.fill(receiveKey, (byte) 0);
    }

    @Override
    public String toString() {
        return "SessionKeys[" + suite + "]";
    }
}
