package io.cyphonic.signaling.node;

import io.cyphonic.signaling.credential.CommonKeys;
import io.cyphonic.signaling.protocol.ControlCipher;
import io.cyphonic.signaling.protocol.ControlMessage;
import io.cyphonic.signaling.protocol.Id128;

import java.security.SecureRandom;
import java.util.Arrays;

/**
 * Seals messages to nodes and opens those from them, with the common key of each, derived anew for
 * every message: there is no session table.
 */
final class ControlKeys {
    private final byte[] nmsSecret;
    private final SecureRandom random;

    ControlKeys(byte[] nmsSecret, SecureRandom random) {
        this.nmsSecret = nmsSecret.clone();
        this.random = random;
    }

    /** The message, or {@code null} if it is not authentic or not well-formed. */
    ControlMessage open(byte[] datagram, int length, Id128 nodeId, long loginId, int direction) {
        try (ControlCipher cipher = cipher(nodeId, loginId)) {
            return cipher.open(datagram, length, direction);
        }
    }

    byte[] seal(Id128 nodeId, long loginId, ControlMessage message) {
        try (ControlCipher cipher = cipher(nodeId, loginId)) {
            return cipher.sealToNode(message, random);
        }
    }

    private ControlCipher cipher(Id128 nodeId, long loginId) {
        byte[] commonKey = CommonKeys.derive(nmsSecret, nodeId, loginId);
        try {
            return new ControlCipher(commonKey, loginId, nodeId);
        } finally {
            Arrays.fill(commonKey, (byte) 0);
        }
    }
}
