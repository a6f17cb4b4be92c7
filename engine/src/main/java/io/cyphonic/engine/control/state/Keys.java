package io.cyphonic.engine.control.state;

import io.cyphonic.signaling.protocol.Id128;

/** Keys of the tables. */
final class Keys {
    private Keys() {}

    static byte[] of(long id) {
        byte[] key = new byte[Long.BYTES];
        RecordFields.putLong(key, 0, id);
        return key;
    }

    static byte[] of(Id128 id) {
        byte[] key = new byte[RecordFields.ID_LENGTH];
        RecordFields.putId(key, 0, id);
        return key;
    }

    static long id(byte[] key) {
        return RecordFields.getLong(key, 0);
    }
}
