package io.cyphonic.signaling.stun;

/** The messages of the Binding method (RFC 8489, sections 3 and 5). */
public enum StunType {
    /** Where do I come from? */
    BINDING_REQUEST(0x0001),
    /** Keeps a mapping; has no answer. */
    BINDING_INDICATION(0x0011),
    /** From there. */
    BINDING_SUCCESS(0x0101),
    /** The request cannot be answered; an error code says why. */
    BINDING_ERROR(0x0111);

    private final int value;

    StunType(int value) {
        this.value = value;
    }

    /** The first two bytes of the message. */
    int value() {
        return value;
    }

    /** The type of a value, or {@code null} for another method. */
    static StunType of(int value) {
        for (StunType type : values()) {
            if (type.value == value) {
                return type;
            }
        }
        return null;
    }
}
