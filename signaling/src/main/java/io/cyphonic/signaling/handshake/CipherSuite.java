package io.cyphonic.signaling.handshake;

/** The cryptography of a handshake and of the capsules after it; one byte on the wire. */
public enum CipherSuite {
    /** Noise_IK_25519_AESGCM_SHA256, capsules under AES-256-GCM. */
    AES_GCM_SHA256(1, "Noise_IK_25519_AESGCM_SHA256"),

    /** Noise_IK_25519_ChaChaPoly_BLAKE2s, capsules under ChaCha20-Poly1305. */
    CHACHA_POLY_BLAKE2S(2, "Noise_IK_25519_ChaChaPoly_BLAKE2s");

    private final byte code;
    private final String protocolName;

    CipherSuite(int code, String protocolName) {
        this.code = (byte) code;
        this.protocolName = protocolName;
    }

    /** The byte on the wire. */
    public byte code() {
        return code;
    }

    /** The Noise protocol name (Noise specification, revision 34, section 8). */
    public String protocolName() {
        return protocolName;
    }

    /** The suite of a byte on the wire, or {@code null} if there is none. */
    public static CipherSuite ofCode(byte code) {
        return switch (code) {
            case 1 -> AES_GCM_SHA256;
            case 2 -> CHACHA_POLY_BLAKE2S;
            default -> null;
        };
    }
}
